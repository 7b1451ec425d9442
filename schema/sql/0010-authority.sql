-- The province's authorities, by key: usually one, two after a rollover.  One
-- owns the parts of the revocation list from first_shard up to the next one's.
CREATE TABLE authority (
	key_id		BLOB PRIMARY KEY CHECK (length(key_id) = 20),
	first_shard	INTEGER NOT NULL UNIQUE,
	first_row	INTEGER NOT NULL	-- certificates that there were
) STRICT;
CREATE TRIGGER authority_no_update BEFORE UPDATE ON authority
BEGIN SELECT raise(ABORT, 'what was certified stays'); END;
CREATE TRIGGER authority_no_delete BEFORE DELETE ON authority
BEGIN SELECT raise(ABORT, 'what was certified stays'); END;
-- A new one's first part, beside which the list before is a part, too.
CREATE TRIGGER authority_opens_shard AFTER INSERT ON authority
	WHEN NEW.first_shard > 0
BEGIN
	INSERT INTO crl_change (shard, change) VALUES (NEW.first_shard, 0)
		ON CONFLICT DO NOTHING;
	UPDATE crl_change SET change = change + 1
		WHERE shard = 0 AND change >= 0;
END;

-- Certificates of the node itself: makers', time-stamp authorities', cross
-- certificates.  No case has them.
CREATE TABLE own_certificate (
	serial		BLOB PRIMARY KEY,	-- without zeros in front
	shard		INTEGER NOT NULL,
	not_after	INTEGER NOT NULL,
	revoked_at	INTEGER,
	revoked_reason	INTEGER			-- RFC 5280, 5.3.1
) STRICT;
CREATE INDEX own_certificate_revoked ON own_certificate (shard, serial)
	WHERE revoked_at IS NOT NULL;
CREATE TRIGGER own_certificate_no_delete BEFORE DELETE ON own_certificate
BEGIN SELECT raise(ABORT, 'a serial is never forgotten'); END;
CREATE TRIGGER own_certificate_fixed
	BEFORE UPDATE OF serial, shard, not_after ON own_certificate
BEGIN SELECT raise(ABORT, 'what was certified stays'); END;
CREATE TRIGGER own_certificate_revoked_stays
	BEFORE UPDATE OF revoked_at, revoked_reason ON own_certificate
	WHEN OLD.revoked_at IS NOT NULL
BEGIN SELECT raise(ABORT, 'a revocation stays'); END;
CREATE TRIGGER own_certificate_changed
	AFTER UPDATE OF revoked_at, revoked_reason ON own_certificate
BEGIN
	UPDATE ocsp SET change = change + 1, due = 0
		WHERE serial = NEW.serial;
	UPDATE crl_change SET change = change + 1 WHERE shard = NEW.shard;
END;
