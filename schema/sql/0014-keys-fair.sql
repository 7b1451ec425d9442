-- Whose application a key is made ahead for, so that one account's many do not
-- take all the making.
DROP TRIGGER signer_key_fixed;
ALTER TABLE signer_key ADD COLUMN account INTEGER;	-- as its application has
UPDATE signer_key SET account = (SELECT a.account FROM application a
	WHERE a.id = signer_key.application);
CREATE INDEX signer_key_account ON signer_key (account);
CREATE TRIGGER signer_key_fixed BEFORE UPDATE ON signer_key
	WHEN OLD.wrapped_key IS NOT NULL
		OR NEW.application <> OLD.application
		OR NEW.account IS NOT OLD.account
BEGIN SELECT raise(ABORT, 'a key that was made stays'); END;
