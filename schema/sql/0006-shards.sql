-- Revocation lists in parts: each certificate belongs to one for good, 20,000
-- certificates a part, so that a part stays under 1 MiB whatever happens to
-- them.  Part 0 is province.crl, N province-N.crl.
ALTER TABLE certificate ADD COLUMN shard INTEGER NOT NULL DEFAULT 0;
DROP INDEX certificate_revoked;
CREATE INDEX certificate_revoked ON certificate (shard, serial)
	WHERE revoked_at IS NOT NULL;
-- An event finds its seal's certificate without reading all of them.
CREATE INDEX certificate_application ON certificate (application);

DROP TRIGGER certificate_changed;
CREATE TRIGGER certificate_changed
	AFTER UPDATE OF revoked_at, revoked_reason ON certificate
BEGIN
	UPDATE ocsp SET change = change + 1, due = 0
		WHERE serial = NEW.serial;
	UPDATE crl_change SET change = change + 1 WHERE shard = NEW.shard;
END;
CREATE TRIGGER certificate_opens_shard AFTER INSERT ON certificate
	WHEN NEW.shard > 0
BEGIN
	INSERT INTO crl_change (shard, change) VALUES (NEW.shard, 0)
		ON CONFLICT DO NOTHING;
END;
-- What was the whole is a part from now on, and says so.
CREATE TRIGGER crl_change_divides AFTER INSERT ON crl_change
	WHEN NEW.shard = 1
BEGIN
	UPDATE crl_change SET change = change + 1
		WHERE shard = 0 AND change >= 0;
END;
CREATE TRIGGER certificate_shard_fixed BEFORE UPDATE OF shard ON certificate
BEGIN SELECT raise(ABORT, 'what was certified stays'); END;
