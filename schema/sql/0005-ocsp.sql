-- OCSP answers, signed ahead: one a certificate that was issued.  due says
-- when it is to be signed (again); 0: at once.
CREATE TABLE ocsp (
	serial		BLOB PRIMARY KEY,	-- without zeros in front
	change		INTEGER NOT NULL DEFAULT 0,	-- counts those of status
	due		INTEGER NOT NULL DEFAULT 0,
	der		BLOB,			-- NULL: none yet
	this_update	INTEGER,
	next_update	INTEGER
) STRICT;
CREATE INDEX ocsp_due ON ocsp (due);
INSERT INTO ocsp (serial)
	SELECT a.serial FROM seal_made s JOIN application a
	ON a.id = s.application WHERE a.serial IS NOT NULL;
CREATE TRIGGER ocsp_no_delete BEFORE DELETE ON ocsp
BEGIN SELECT raise(ABORT, 'a serial is never forgotten'); END;

-- Counts changes of status: a list that was signed for another count is due.
-- -1: the recorder has yet to look at what is suspended since before there were
-- holds.
CREATE TABLE crl_change (
	shard		INTEGER PRIMARY KEY,
	change		INTEGER NOT NULL
) STRICT;
INSERT INTO crl_change (shard, change) VALUES (0, -1);
ALTER TABLE ca_object ADD COLUMN change INTEGER NOT NULL DEFAULT 0;

-- Before its seal is made a serial is an intent, and nobody is told of it.
CREATE TRIGGER seal_made_ocsp AFTER INSERT ON seal_made
BEGIN
	INSERT INTO ocsp (serial) SELECT serial FROM application
		WHERE id = NEW.application AND serial IS NOT NULL
		ON CONFLICT DO NOTHING;
END;
CREATE TRIGGER certificate_changed
	AFTER UPDATE OF revoked_at, revoked_reason ON certificate
BEGIN
	UPDATE ocsp SET change = change + 1, due = 0
		WHERE serial = NEW.serial;
	UPDATE crl_change SET change = change + 1 WHERE shard = 0;
END;
-- Only a hold (6) is lifted (RFC 5280, 5.3.1).
CREATE TRIGGER certificate_revoked_stays
	BEFORE UPDATE OF revoked_at, revoked_reason ON certificate
	WHEN OLD.revoked_at IS NOT NULL AND OLD.revoked_reason IS NOT 6
BEGIN SELECT raise(ABORT, 'a revocation stays'); END;
CREATE TRIGGER certificate_fixed
	BEFORE UPDATE OF serial, application, created, not_after ON certificate
BEGIN SELECT raise(ABORT, 'what was certified stays'); END;
