-- Files of existing filings that were imported: how far each has come, in the
-- same transaction as the filings themselves.  Private, like the office.
CREATE TABLE import (
	id	INTEGER PRIMARY KEY,
	name	TEXT NOT NULL UNIQUE,	-- of the file, without its folder
	digest	BLOB NOT NULL UNIQUE CHECK (length(digest) = 32),
	secret	BLOB NOT NULL CHECK (length(secret) = 32),	-- of the salts
	began	INTEGER NOT NULL,	-- when its filings are recorded
	at	INTEGER NOT NULL DEFAULT 0,	-- octets done
	line	INTEGER NOT NULL DEFAULT 0,	-- lines done
	filed	INTEGER NOT NULL DEFAULT 0,
	present	INTEGER NOT NULL DEFAULT 0,	-- were filed already
	refused	INTEGER NOT NULL DEFAULT 0,
	rejects	INTEGER NOT NULL DEFAULT 0,	-- octets of the list of them
	ended	INTEGER				-- NULL: there is more
) STRICT;
CREATE TRIGGER import_forward BEFORE UPDATE ON import
WHEN NEW.name IS NOT OLD.name OR NEW.digest IS NOT OLD.digest
    OR NEW.secret IS NOT OLD.secret OR NEW.began IS NOT OLD.began
    OR NEW.at < OLD.at OR NEW.line < OLD.line OR OLD.ended IS NOT NULL
BEGIN SELECT raise(ABORT, 'an import only goes on'); END;
CREATE TRIGGER import_no_delete BEFORE DELETE ON import
BEGIN SELECT raise(ABORT, 'an import is never forgotten'); END;

-- The person behind a commitment that was made by an import.
CREATE TABLE imported_person (
	code	TEXT PRIMARY KEY,
	import	INTEGER NOT NULL REFERENCES import (id),
	name	TEXT NOT NULL,
	salt	BLOB NOT NULL CHECK (length(salt) = 32)
) STRICT;
CREATE TRIGGER imported_person_no_update BEFORE UPDATE ON imported_person
BEGIN SELECT raise(ABORT, 'imported_person is append-only'); END;
CREATE TRIGGER imported_person_no_delete BEFORE DELETE ON imported_person
BEGIN SELECT raise(ABORT, 'imported_person is append-only'); END;
