-- Keys of signers that are made here, while the officers decide: the row is
-- there from the application on (wrapped_key NULL: not made yet) and goes when
-- the case ends.  Filing moves what it holds to seal_made.
CREATE TABLE signer_key (
	application	INTEGER PRIMARY KEY REFERENCES application (id),
	public_key	BLOB CHECK (length(public_key) = 65),
	wrapped_key	BLOB,		-- for the key process alone
	made		INTEGER,
	CHECK ((public_key IS NULL) = (wrapped_key IS NULL))
) STRICT;
CREATE INDEX signer_key_due ON signer_key (application)
	WHERE wrapped_key IS NULL;
CREATE TRIGGER signer_key_fixed BEFORE UPDATE ON signer_key
	WHEN OLD.wrapped_key IS NOT NULL
		OR NEW.application <> OLD.application
BEGIN SELECT raise(ABORT, 'a key that was made stays'); END;
-- No key outlives its case: 4 returned, 5 rejected, 9 filed.
CREATE TRIGGER signer_key_ends AFTER UPDATE OF state ON application
	WHEN NEW.state IN (4, 5, 9)
BEGIN DELETE FROM signer_key WHERE application = NEW.id; END;
-- What is being decided already.
INSERT INTO signer_key (application) SELECT id FROM application
	WHERE state IN (2, 3) AND public_key IS NULL;
