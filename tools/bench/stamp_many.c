#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "base/der.h"
#include "base/file.h"
#include "base/mem.h"
#include "base/sm.h"
#include "base/text.h"
#include "base/tm.h"
#include "ca/key_signer.h"
#include "filing/seal.h"

/*
 * Different one-page OFDs with one stamp each, under many seals, for
 * tools/bench/part/verify.py.  usage: stamp_many KEY.pem OUT COUNT SEAL.esl ...
 * The key is that of every seal's signer.
 */

#define FOLDER	"Doc_0/Signs/Sign_0/"
#define NS	"xmlns:ofd=\"http://www.ofdspec.org/2016\""

struct entry {
	const char	*name;
	struct buf	 data;
};

enum { OFD_XML, DOCUMENT, RES, PAGE, LIST, SEAL, NCOVERED_END,
       SIGNATURE = NCOVERED_END, VALUE, NENTRIES };

static const char *const names[NENTRIES] = {
	"OFD.xml", "Doc_0/Document.xml", "Doc_0/PublicRes.xml",
	"Doc_0/Pages/Page_0/Content.xml", "Doc_0/Signs/Signatures.xml",
	FOLDER "Seal.esl", FOLDER "Signature.xml", FOLDER "SignedValue.dat",
};

static void
die(const char *what)
{
	fprintf(stderr, "stamp_many: %s\n", what);
	exit(1);
}

static void
pages(struct entry *f, unsigned n)
{
	buf_puts(&f[OFD_XML].data, "<ofd:OFD " NS " DocType=\"OFD\" Version="
	    "\"1.0\"><ofd:DocBody><ofd:DocInfo><ofd:DocID>0</ofd:DocID>"
	    "</ofd:DocInfo><ofd:DocRoot>Doc_0/Document.xml</ofd:DocRoot>"
	    "<ofd:Signatures>Doc_0/Signs/Signatures.xml</ofd:Signatures>"
	    "</ofd:DocBody></ofd:OFD>");
	buf_puts(&f[DOCUMENT].data, "<ofd:Document " NS "><ofd:CommonData>"
	    "<ofd:MaxUnitID>40</ofd:MaxUnitID><ofd:PageArea><ofd:PhysicalBox>"
	    "0 0 210 297</ofd:PhysicalBox></ofd:PageArea><ofd:PublicRes>"
	    "PublicRes.xml</ofd:PublicRes></ofd:CommonData><ofd:Pages>"
	    "<ofd:Page ID=\"1\" BaseLoc=\"Pages/Page_0/Content.xml\"/>"
	    "</ofd:Pages></ofd:Document>");
	buf_puts(&f[RES].data, "<ofd:Res " NS " BaseLoc=\"Res\"><ofd:Fonts>"
	    "<ofd:Font ID=\"2\" FontName=\"SimSun\"/></ofd:Fonts></ofd:Res>");
	buf_printf(&f[PAGE].data, "<ofd:Page " NS "><ofd:Content><ofd:Layer "
	    "ID=\"3\"><ofd:TextObject ID=\"10\" Boundary=\"20 25 170 10\" "
	    "Font=\"2\" Size=\"5\"><ofd:TextCode X=\"0\" Y=\"7\">第 %u "
	    "号合同</ofd:TextCode></ofd:TextObject></ofd:Layer></ofd:Content>"
	    "</ofd:Page>", n);
	buf_puts(&f[LIST].data, "<ofd:Signatures " NS "><ofd:MaxSignId>1"
	    "</ofd:MaxSignId><ofd:Signature ID=\"1\" Type=\"Seal\" BaseLoc="
	    "\"/" FOLDER "Signature.xml\"/></ofd:Signatures>");
}

static void
reference(const struct entry *f, struct buf *out)
{
	uint8_t	h[SM3_LEN];

	sm3(f->data.p, f->data.len, h);
	buf_printf(out, "<ofd:Reference FileRef=\"/%s\"><ofd:CheckValue>",
	    f->name);
	buf_put_b64(out, h, sizeof(h));
	buf_puts(out, "</ofd:CheckValue></ofd:Reference>");
}

static void
description(struct entry *f)
{
	struct buf	*out = &f[SIGNATURE].data;
	int		 i;

	buf_puts(out, "<ofd:Signature " NS "><ofd:SignedInfo><ofd:Provider "
	    "ProviderName=\"bench\"/><ofd:SignatureMethod>1.2.156.10197.1.501"
	    "</ofd:SignatureMethod><ofd:References CheckMethod="
	    "\"1.2.156.10197.1.401\">");
	for (i = 0; i < NCOVERED_END; i++)
		if (i != LIST)
			reference(&f[i], out);
	buf_puts(out, "</ofd:References><ofd:StampAnnot ID=\"2\" PageRef=\"1\""
	    " Boundary=\"140 230 40 40\"/><ofd:Seal><ofd:BaseLoc>/" FOLDER
	    "Seal.esl</ofd:BaseLoc></ofd:Seal></ofd:SignedInfo>"
	    "<ofd:SignedValue>/" FOLDER "SignedValue.dat</ofd:SignedValue>"
	    "</ofd:Signature>");
}

/* SES_Signature of GB/T 38540-2020 over the description. */
static void
stamp(struct entry *f, struct key_signer *key, int64_t now)
{
	struct seal	*s = xmalloc(sizeof(*s));
	struct buf	 tbs;
	uint8_t		 h[SM3_LEN], sig[SM2_SIG_LEN], der[SM2_DER_SIG_MAX];
	size_t		 m;

	if (seal_parse(buf_octets(&f[SEAL].data), s, NULL) != 0)
		die("a seal is none");
	buf_init(&tbs, 1 << 20);
	sm3(f[SIGNATURE].data.p, f[SIGNATURE].data.len, h);
	m = der_open(&tbs, DER_SEQUENCE);
	der_put_uint(&tbs, 4);
	buf_put_octets(&tbs, s->whole);
	der_put_gentime(&tbs, now);
	der_put_bits(&tbs, h, sizeof(h));
	der_put_text(&tbs, DER_IA5, "/" FOLDER "Signature.xml");
	der_close(&tbs, m);
	if (key_signer_sign(key, buf_octets(&tbs), sig, NULL) != 0)
		die("the key does not sign");
	m = der_open(&f[VALUE].data, DER_SEQUENCE);
	buf_put_octets(&f[VALUE].data, buf_octets(&tbs));
	der_put(&f[VALUE].data, DER_OCTET_STRING, s->certs[0].p,
	    s->certs[0].len);
	der_put_oid(&f[VALUE].data, OCTETS(seal_oid_sm2_sm3,
	    sizeof(seal_oid_sm2_sm3)));
	der_put_bits(&f[VALUE].data, der, sm2_sig_to_der(sig, der));
	der_close(&f[VALUE].data, m);
	buf_fini(&tbs);
	free(s);
}

static void
write_ofd(const struct entry *f, const char *path)
{
	zip_source_t	*src;
	zip_t		*z;
	int		 i, why;

	if ((z = zip_open(path, ZIP_CREATE | ZIP_TRUNCATE, &why)) == NULL)
		die(path);
	for (i = 0; i < NENTRIES; i++) {
		src = zip_source_buffer(z, f[i].data.p, f[i].data.len, 0);
		if (src == NULL || zip_file_add(z, f[i].name, src, 0) < 0)
			die(zip_strerror(z));
	}
	if (zip_close(z) != 0)
		die(zip_strerror(z));
}

/*
 * Which seal file i gets: each as often, in an order that leaves no reader with
 * the same seals again.
 */
static unsigned
seal_of(unsigned i, unsigned nseals)
{
	return (i * 7919u + i / nseals * 104729u) % nseals;
}

int
main(int argc, char **argv)
{
	struct entry	 f[NENTRIES];
	struct err	 e = ERR_INIT;
	struct key_signer	*signer = NULL;
	EVP_PKEY	*key = NULL;
	FILE		*fp;
	uint8_t		*p;
	char		*path;
	size_t		 n;
	unsigned	 i, count;
	int		 k;

	if (argc < 5 || (fp = fopen(argv[1], "r")) == NULL)
		die("usage: stamp_many KEY.pem OUT COUNT SEAL.esl ...");
	if (sm_init(&e) != 0 ||
	    (key = PEM_read_PrivateKey(fp, NULL, NULL, NULL)) == NULL ||
	    key_signer_new(key, &signer, &e) != 0)
		die("no key");
	fclose(fp);
	count = (unsigned)strtoul(argv[3], NULL, 10);
	for (i = 0; i < count; i++) {
		for (k = 0; k < NENTRIES; k++) {
			f[k].name = names[k];
			buf_init(&f[k].data, 1 << 20);
		}
		if (file_read(argv[4 + seal_of(i, (unsigned)argc - 4)],
		    1 << 20, &p, &n, &e) != 0)
			die(e.text);
		buf_put(&f[SEAL].data, p, n);
		free(p);
		pages(f, i);
		description(f);
		stamp(f, signer, tm_now());
		path = xasprintf("%s/%06u.ofd", argv[2], i);
		write_ofd(f, path);
		free(path);
		for (k = 0; k < NENTRIES; k++)
			buf_fini(&f[k].data);
	}
	key_signer_free(signer);
	EVP_PKEY_free(key);
	return 0;
}
