// Read and verify with pkijs, asn1js and sm-crypto, which share no code with
// OpenSSL or with the project.
// usage: node read.mjs certificate|crl|ocsp FILE ISSUER.crt      (DER)
// One line of JSON: what it says, and "holds": does the issuer's signature?
import fs from "node:fs";
import * as asn1js from "asn1js";
import * as pkijs from "pkijs";
import smcrypto from "sm-crypto";

const SM2_SM3 = "1.2.156.10197.1.501";
const [kind, file, issuerFile] = process.argv.slice(2);

const octets = (path) => new Uint8Array(fs.readFileSync(path));
const hex = (view) => Buffer.from(view).toString("hex");

// The key of an SM2 certificate, as sm-crypto takes it: hex of the point.
const pointOf = (cert) =>
    hex(cert.subjectPublicKeyInfo.subjectPublicKey.valueBlock.valueHexView);

// Is it SM2 with SM3, parameters absent, over these octets?
function holds(tbs, algorithm, signature, issuer) {
	if (algorithm.algorithmId !== SM2_SM3 ||
	    algorithm.algorithmParams !== undefined)
		return false;
	return smcrypto.sm2.doVerifySignature(Array.from(new Uint8Array(tbs)),
	    hex(signature.valueBlock.valueHexView), pointOf(issuer),
	    { der: true, hash: true });
}

const name = (n) => Object.fromEntries(n.typesAndValues.map(
    (t) => [t.type, t.value.valueBlock.value]));

function certificate(der, issuer) {
	const c = pkijs.Certificate.fromBER(der);
	const ext = Object.fromEntries(c.extensions.map(
	    (e) => [e.extnID, e.critical]));
	return {
		holds: holds(c.tbsView, c.signatureAlgorithm, c.signatureValue,
		    issuer),
		serial: hex(c.serialNumber.valueBlock.valueHexView),
		subject: name(c.subject), extensions: ext,
		by: c.issuer.isEqual(issuer.subject),
	};
}

function crl(der, issuer) {
	const c = pkijs.CertificateRevocationList.fromBER(der);
	const reason = (r) => (r.crlEntryExtensions?.extensions ?? [])
	    .filter((e) => e.extnID === "2.5.29.21")
	    .map((e) => e.parsedValue.valueBlock.valueDec)[0] ?? 0;
	return {
		holds: holds(c.tbsView, c.signatureAlgorithm, c.signatureValue,
		    issuer),
		by: c.issuer.isEqual(issuer.subject),
		revoked: (c.revokedCertificates ?? []).map((r) => ({
			serial: hex(r.userCertificate.valueBlock.valueHexView),
			at: r.revocationDate.value.toISOString(),
			reason: reason(r),
		})),
	};
}

function status(single) {
	const s = single.certStatus;
	if (s.idBlock.tagNumber === 0)
		return { status: "good" };
	if (s.idBlock.tagNumber === 2)
		return { status: "unknown" };
	const [at, why] = s.valueBlock.value;
	return { status: "revoked", at: at.toDate().toISOString(),
	    reason: why ? why.valueBlock.value[0].valueBlock.valueDec : 0 };
}

async function ocsp(der, issuer) {
	const r = pkijs.OCSPResponse.fromBER(der);
	const code = r.responseStatus.valueBlock.valueDec;
	if (code !== 0)
		return { code };
	const b = pkijs.BasicOCSPResponse.fromBER(
	    r.responseBytes.response.valueBlock.valueHexView);
	return {
		code,
		holds: holds(b.tbsResponseData.tbsView, b.signatureAlgorithm,
		    b.signature, issuer),
		answers: b.tbsResponseData.responses.map((s) => ({
			digest: s.certID.hashAlgorithm.algorithmId,
			serial: hex(s.certID.serialNumber.valueBlock
			    .valueHexView),
			...status(s),
		})),
	};
}

const issuer = pkijs.Certificate.fromBER(octets(issuerFile));
const read = { certificate, crl, ocsp };
console.log(JSON.stringify(await read[kind](octets(file), issuer)));
