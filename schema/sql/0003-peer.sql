-- What we know of a peer: one row.
-- disputed: 1 = held at its last good state; reason is a stable error id, and
-- note_held and note_seen are the two signed notes that contradict each other.
CREATE TABLE peer_state (
	id		INTEGER PRIMARY KEY CHECK (id = 1),
	disputed	INTEGER NOT NULL DEFAULT 0 CHECK (disputed IN (0, 1)),
	reason		TEXT,
	note_held	TEXT,
	note_seen	TEXT,
	disputed_at	INTEGER,
	contact_at	INTEGER,
	error		TEXT
) STRICT;
INSERT INTO peer_state (id) VALUES (1);
CREATE TRIGGER peer_state_stay BEFORE DELETE ON peer_state
BEGIN
	SELECT RAISE(ABORT, 'append-only: the state of a peer never goes');
END;
CREATE TRIGGER peer_state_evidence BEFORE UPDATE ON peer_state
WHEN OLD.disputed = 1 AND (NEW.reason IS NOT OLD.reason
    OR NEW.note_held IS NOT OLD.note_held
    OR NEW.note_seen IS NOT OLD.note_seen
    OR NEW.disputed_at IS NOT OLD.disputed_at
    OR NEW.disputed <> 1)
BEGIN
	SELECT RAISE(ABORT, 'append-only: evidence never changes');
END;
