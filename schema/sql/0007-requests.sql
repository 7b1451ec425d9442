-- Certificates of seals by a licensed body: what it is asked for, and what came
-- of it.  A request is a row from the last approval on, before anything is made
-- or sent; what it says is set once.
CREATE TABLE cert_request (
	application	INTEGER PRIMARY KEY REFERENCES application (id),
	created		INTEGER NOT NULL,
	request		BLOB,		-- PKCS#10, DER; NULL: not made yet
	public_key	BLOB CHECK (length(public_key) = 65),
	wrapped_key	BLOB,		-- NULL: the applicant has the key
	sent		INTEGER NOT NULL DEFAULT 0,	-- how often
	sent_at		INTEGER,	-- last
	-- the last certificate that was not taken
	refusals	INTEGER NOT NULL DEFAULT 0,
	refused_at	INTEGER,
	refused_code	TEXT,
	refused_text	TEXT,
	closed_at	INTEGER,	-- the body has said no
	-- what was taken
	accepted_at	INTEGER,
	certificate	BLOB,
	issuer		BLOB CHECK (length(issuer) = 32), -- H(its name)
	serial		BLOB,		-- without zeros in front
	issuers		BLOB,		-- DER one by one, root last
	deviations	TEXT,		-- words, one space between
	-- revocation: what the seal's status asks for, and what the body was
	-- told; reasons of RFC 5280, 5.3.1, NULL: good
	want_since	INTEGER,
	want_reason	INTEGER,
	told_reason	INTEGER
) STRICT;
CREATE UNIQUE INDEX cert_request_serial ON cert_request (issuer, serial)
	WHERE serial IS NOT NULL;
CREATE INDEX cert_request_key ON cert_request (public_key)
	WHERE public_key IS NOT NULL;
CREATE INDEX cert_request_open ON cert_request (application)
	WHERE certificate IS NULL AND closed_at IS NULL;
CREATE INDEX cert_request_revoke ON cert_request (application)
	WHERE want_reason IS NOT told_reason;
CREATE TRIGGER cert_request_no_delete BEFORE DELETE ON cert_request
BEGIN SELECT raise(ABORT, 'a request is never forgotten'); END;
CREATE TRIGGER cert_request_fixed
	BEFORE UPDATE OF request, public_key, wrapped_key ON cert_request
	WHEN OLD.request IS NOT NULL
BEGIN SELECT raise(ABORT, 'what was asked for stays'); END;
CREATE TRIGGER cert_request_taken
	BEFORE UPDATE OF accepted_at, certificate, issuer, serial, issuers,
		deviations, closed_at ON cert_request
	WHEN OLD.certificate IS NOT NULL
BEGIN SELECT raise(ABORT, 'what was certified stays'); END;
CREATE TRIGGER cert_request_once BEFORE INSERT ON cert_request
	WHEN EXISTS (SELECT 1 FROM cert_request
		WHERE application = NEW.application)
BEGIN SELECT raise(ABORT, 'a case asks once'); END;

-- The request that an applicant brought, who has the key.
CREATE TABLE applicant_request (
	application	INTEGER PRIMARY KEY REFERENCES application (id),
	der		BLOB NOT NULL
) STRICT;
CREATE TRIGGER applicant_request_no_update BEFORE UPDATE ON applicant_request
BEGIN SELECT raise(ABORT, 'applicant_request is append-only'); END;
CREATE TRIGGER applicant_request_no_delete BEFORE DELETE ON applicant_request
BEGIN SELECT raise(ABORT, 'applicant_request is append-only'); END;
