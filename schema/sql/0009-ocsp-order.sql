-- A status that changed goes first: due = 0.  A certificate that nobody has
-- heard of yet comes after those, due = 1.
DROP TRIGGER seal_made_ocsp;
CREATE TRIGGER seal_made_ocsp AFTER INSERT ON seal_made
BEGIN
	INSERT INTO ocsp (serial, due) SELECT serial, 1 FROM application
		WHERE id = NEW.application AND serial IS NOT NULL
		ON CONFLICT DO NOTHING;
END;
