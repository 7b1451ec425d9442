-- Renewals: applications for the next version of a seal that is filed.  A code
-- stands once in application.seal_code, with the first of them, and here for
-- every other.  The picture is the first one's, kept once.
CREATE TABLE renewal (
	application	INTEGER PRIMARY KEY REFERENCES application (id),
	code		TEXT NOT NULL,
	reason		INTEGER NOT NULL,	-- schema/reasons.tsv
	picture_of	INTEGER NOT NULL REFERENCES picture (application),
	open		INTEGER		-- 1 until it is filed, returned, rejected
) STRICT;
CREATE INDEX renewal_code ON renewal (code);
CREATE UNIQUE INDEX renewal_open ON renewal (code) WHERE open = 1;
-- Which seals end soon?
CREATE INDEX application_ends ON application (valid_until, id)
	WHERE valid_until IS NOT NULL;

CREATE TRIGGER renewal_no_delete BEFORE DELETE ON renewal
BEGIN SELECT raise(ABORT, 'a renewal is never forgotten'); END;
CREATE TRIGGER renewal_fixed
	BEFORE UPDATE OF application, code, reason, picture_of ON renewal
BEGIN SELECT raise(ABORT, 'what was applied for stays'); END;
CREATE TRIGGER renewal_serial_fixed BEFORE UPDATE OF seal_code, serial
	ON application
	WHEN (NEW.seal_code IS NOT NULL OR (OLD.serial IS NOT NULL
	AND NEW.serial IS NOT OLD.serial)) AND EXISTS
	(SELECT 1 FROM renewal WHERE application = OLD.id)
BEGIN SELECT raise(ABORT, 'a renewal keeps its code and serial'); END;
-- open follows the state: 4 returned, 5 rejected, 9 filed.
CREATE TRIGGER renewal_closes AFTER UPDATE OF state ON application
	WHEN NEW.state IN (4, 5, 9) AND OLD.state NOT IN (4, 5, 9)
BEGIN
	UPDATE renewal SET open = NULL WHERE application = NEW.id;
END;
CREATE TRIGGER renewal_reopens AFTER UPDATE OF state ON application
	WHEN OLD.state IN (4, 5) AND NEW.state NOT IN (4, 5, 9)
BEGIN
	UPDATE renewal SET open = 1 WHERE application = NEW.id;
END;
