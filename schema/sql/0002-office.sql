-- The office of the own province: private, never leaves the node.
-- Moments are Unix seconds.  Words behind numbers: filing/life.h.

CREATE TABLE account (
	id		INTEGER PRIMARY KEY,
	name		TEXT NOT NULL UNIQUE,
	roles		TEXT NOT NULL,	-- words, one space between
	salt		BLOB NOT NULL,
	hash		BLOB NOT NULL,	-- scrypt N=2^14 r=8 p=1, 32 octets
	disabled	INTEGER NOT NULL DEFAULT 0,
	created		INTEGER NOT NULL
) STRICT;

CREATE TABLE session (
	token_hash	BLOB PRIMARY KEY CHECK (length(token_hash) = 32),
	account		INTEGER NOT NULL REFERENCES account (id),
	created		INTEGER NOT NULL,
	expires		INTEGER NOT NULL
) STRICT;
CREATE INDEX session_expires ON session (expires);

-- A case: from the application to the seal that it became.
CREATE TABLE application (
	id		INTEGER PRIMARY KEY AUTOINCREMENT,
	account		INTEGER NOT NULL REFERENCES account (id),
	state		INTEGER NOT NULL,	-- enum case_state
	owner_name	TEXT NOT NULL,
	credit_code	TEXT NOT NULL,
	division	TEXT NOT NULL,
	seal_type	INTEGER NOT NULL,
	seal_name	TEXT NOT NULL,	-- type 5: the person, never in the log
	horizontal_text	TEXT NOT NULL,
	public_key	BLOB,		-- of the applicant's request, or NULL
	created		INTEGER NOT NULL,
	updated		INTEGER NOT NULL,
	reason		TEXT,		-- of the last decision that gave one
	seal_code	TEXT UNIQUE,	-- from certifying on
	serial		BLOB UNIQUE,	-- of the signer certificate
	valid_from	INTEGER,
	valid_until	INTEGER,
	record_salt	BLOB,		-- public, in the record
	person_salt	BLOB,		-- private, of the owner's commitment
	-- 1 while the case or its seal is the one that its owner may have
	only_one	INTEGER
) STRICT;
CREATE INDEX application_state ON application (state, id);
CREATE INDEX application_account ON application (account, id);
CREATE UNIQUE INDEX application_only_one
	ON application (credit_code, seal_type) WHERE only_one = 1;

CREATE TABLE picture (
	application	INTEGER PRIMARY KEY REFERENCES application (id),
	type		TEXT NOT NULL,	-- "PNG"
	data		BLOB NOT NULL,
	width_mm	INTEGER NOT NULL,
	height_mm	INTEGER NOT NULL,
	digest		BLOB NOT NULL CHECK (length(digest) = 32)
) STRICT;

CREATE TABLE decision (
	id		INTEGER PRIMARY KEY,
	application	INTEGER NOT NULL REFERENCES application (id),
	account		INTEGER NOT NULL REFERENCES account (id),
	decision	TEXT NOT NULL
			CHECK (decision IN ('approve', 'return', 'reject')),
	reason		TEXT NOT NULL,
	at		INTEGER NOT NULL,
	UNIQUE (application, account)
) STRICT;

-- An intent to certify: stored before the key process is asked.
CREATE TABLE certificate (
	serial		BLOB PRIMARY KEY CHECK (length(serial) = 16),
	application	INTEGER NOT NULL REFERENCES application (id),
	created		INTEGER NOT NULL,
	not_after	INTEGER NOT NULL,
	revoked_at	INTEGER,
	revoked_reason	INTEGER		-- RFC 5280, 5.3.1
) STRICT;
CREATE INDEX certificate_revoked ON certificate (revoked_at)
	WHERE revoked_at IS NOT NULL;

-- What was made for a code: one row a version, never changed.
CREATE TABLE seal_made (
	code		TEXT NOT NULL,
	version		INTEGER NOT NULL,
	application	INTEGER NOT NULL REFERENCES application (id),
	seal		BLOB NOT NULL,	-- DER SESeal
	seal_digest	BLOB NOT NULL CHECK (length(seal_digest) = 32),
	certificate	BLOB NOT NULL,	-- DER, the signer's
	wrapped_key	BLOB,		-- NULL: the applicant has the key
	chain		BLOB NOT NULL,	-- its issuers, DER one by one, root last
	created		INTEGER NOT NULL,
	PRIMARY KEY (code, version)
) STRICT;

CREATE TABLE code_sequence (
	division	TEXT PRIMARY KEY,
	last		INTEGER NOT NULL
) STRICT;

-- A request that was answered.  answer is the packed reply, or NULL where
-- the application's present state is the answer.
CREATE TABLE idempotency (
	account		INTEGER NOT NULL,
	key		TEXT NOT NULL,
	request		INTEGER NOT NULL,	-- enum MsgType
	request_hash	BLOB NOT NULL CHECK (length(request_hash) = 32),
	application	INTEGER,
	answer		BLOB,
	created		INTEGER NOT NULL,
	PRIMARY KEY (account, key)
) STRICT;
CREATE INDEX idempotency_created ON idempotency (created);

CREATE TABLE audit (
	id		INTEGER PRIMARY KEY,
	at		INTEGER NOT NULL,
	account		INTEGER,	-- NULL: the recorder itself
	act		TEXT NOT NULL,	-- "submit", "approve", "suspended", ...
	object		TEXT NOT NULL	-- "application 12", "seal 4401..."
) STRICT;

-- root.crt, province.crt, maker.crt, root.crl, province.crl
CREATE TABLE ca_object (
	name		TEXT PRIMARY KEY,
	der		BLOB NOT NULL,
	number		INTEGER NOT NULL DEFAULT 0,	-- of a CRL
	entries		INTEGER NOT NULL DEFAULT 0,	-- of a CRL
	updated		INTEGER NOT NULL
) STRICT;

CREATE TRIGGER decision_no_update BEFORE UPDATE ON decision
BEGIN SELECT raise(ABORT, 'decision is append-only'); END;
CREATE TRIGGER decision_no_delete BEFORE DELETE ON decision
BEGIN SELECT raise(ABORT, 'decision is append-only'); END;
CREATE TRIGGER seal_made_no_update BEFORE UPDATE ON seal_made
BEGIN SELECT raise(ABORT, 'seal_made is append-only'); END;
CREATE TRIGGER seal_made_no_delete BEFORE DELETE ON seal_made
BEGIN SELECT raise(ABORT, 'seal_made is append-only'); END;
CREATE TRIGGER audit_no_update BEFORE UPDATE ON audit
BEGIN SELECT raise(ABORT, 'audit is append-only'); END;
CREATE TRIGGER audit_no_delete BEFORE DELETE ON audit
BEGIN SELECT raise(ABORT, 'audit is append-only'); END;
CREATE TRIGGER application_no_delete BEFORE DELETE ON application
BEGIN SELECT raise(ABORT, 'application is never deleted'); END;
CREATE TRIGGER application_code_fixed BEFORE UPDATE OF seal_code, serial
	ON application
	WHEN OLD.seal_code IS NOT NULL AND (NEW.seal_code IS NOT OLD.seal_code
	OR NEW.serial IS NOT OLD.serial)
BEGIN SELECT raise(ABORT, 'a code that was given stays'); END;
CREATE TRIGGER certificate_no_delete BEFORE DELETE ON certificate
BEGIN SELECT raise(ABORT, 'a serial is never forgotten'); END;
CREATE TRIGGER code_sequence_grows BEFORE UPDATE ON code_sequence
	WHEN NEW.last <= OLD.last
BEGIN SELECT raise(ABORT, 'a sequence only grows'); END;
CREATE TRIGGER code_sequence_no_delete BEFORE DELETE ON code_sequence
BEGIN SELECT raise(ABORT, 'a sequence only grows'); END;
