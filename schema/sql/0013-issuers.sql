-- Issuers of certificates that were taken, each set once: a list of theirs is
-- believed, and to find them nobody walks over all that were ever taken.
CREATE TABLE cert_issuers (
	issuers	BLOB PRIMARY KEY	-- as in cert_request
) STRICT, WITHOUT ROWID;
CREATE TRIGGER cert_request_issuers AFTER UPDATE OF issuers ON cert_request
	WHEN NEW.issuers IS NOT NULL
BEGIN
	INSERT INTO cert_issuers (issuers) VALUES (NEW.issuers)
		ON CONFLICT DO NOTHING;
END;
INSERT INTO cert_issuers (issuers)
	SELECT DISTINCT issuers FROM cert_request WHERE issuers IS NOT NULL;
