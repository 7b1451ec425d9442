-- A seal carries its picture, which its application has already: it is kept
-- once.  Octets of seal that come before it; NULL: seal has it inside.
ALTER TABLE seal_made ADD COLUMN picture_at INTEGER;

-- What was drawn, and seen by those who decided, is what seals are made of.
CREATE TRIGGER picture_no_update BEFORE UPDATE ON picture
BEGIN SELECT raise(ABORT, 'picture is append-only'); END;
CREATE TRIGGER picture_no_delete BEFORE DELETE ON picture
BEGIN SELECT raise(ABORT, 'picture is append-only'); END;
