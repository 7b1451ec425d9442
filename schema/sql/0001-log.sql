-- Log, map and head of one province's register: docs/storage.md.
-- What peers see of a province, and all that is needed to prove it.

-- Entries as published, by index.
CREATE TABLE entry (
	idx	INTEGER PRIMARY KEY,
	octets	BLOB NOT NULL CHECK (length(octets) BETWEEN 1 AND 65535)
) STRICT;
CREATE TRIGGER entry_next BEFORE INSERT ON entry
WHEN NEW.idx <> (SELECT ifnull(max(idx) + 1, 0) FROM entry)
BEGIN
	SELECT RAISE(ABORT, 'append-only: an entry is out of turn');
END;
CREATE TRIGGER entry_keep BEFORE UPDATE ON entry
BEGIN
	SELECT RAISE(ABORT, 'append-only: an entry never changes');
END;
CREATE TRIGGER entry_stay BEFORE DELETE ON entry
BEGIN
	SELECT RAISE(ABORT, 'append-only: an entry never goes');
END;

-- Tiles of the Merkle tree: id = level << 48 | n; 1 to 256 hashes of 32.
CREATE TABLE tile (
	id	INTEGER PRIMARY KEY,
	hashes	BLOB NOT NULL
		CHECK (length(hashes) BETWEEN 32 AND 8192
		    AND length(hashes) % 32 = 0)
) STRICT;
CREATE TRIGGER tile_grow BEFORE UPDATE ON tile
WHEN NEW.id <> OLD.id
    OR length(NEW.hashes) <= length(OLD.hashes)
    OR substr(NEW.hashes, 1, length(OLD.hashes)) <> OLD.hashes
BEGIN
	SELECT RAISE(ABORT, 'append-only: a tile only grows');
END;
CREATE TRIGGER tile_stay BEFORE DELETE ON tile
BEGIN
	SELECT RAISE(ABORT, 'append-only: a tile never goes');
END;

-- Buckets of the map.  rows: key || value, 64 octets each, ascending.
-- refs, one for each row: u64be index of the entry that holds the record,
-- u16be offset of the record in it, u16be its length.
CREATE TABLE bucket (
	i	INTEGER PRIMARY KEY,
	rows	BLOB NOT NULL CHECK (length(rows) % 64 = 0),
	refs	BLOB NOT NULL
		CHECK (length(refs) * 16 = length(rows) * 3)
) STRICT;
CREATE TRIGGER bucket_keep BEFORE UPDATE ON bucket
WHEN NEW.i <> OLD.i OR length(NEW.rows) < length(OLD.rows)
BEGIN
	SELECT RAISE(ABORT, 'append-only: a bucket loses no row');
END;
CREATE TRIGGER bucket_stay BEFORE DELETE ON bucket
BEGIN
	SELECT RAISE(ABORT, 'append-only: a bucket never goes');
END;

-- Inner nodes of the map in groups of up to four levels: the group below
-- node t of level 4s has id 16^s + t and holds the hashes of its levels, top
-- down, left to right, without its own root.  An absent group is all empty.
-- epoch: the epoch that changed it last.
CREATE TABLE node (
	id	INTEGER PRIMARY KEY,
	epoch	INTEGER NOT NULL,
	hashes	BLOB NOT NULL CHECK (length(hashes) IN (64, 192, 448, 960))
) STRICT;
CREATE INDEX node_epoch ON node (epoch);

-- Where the log stands: one row, the last signed checkpoint.
CREATE TABLE head (
	id		INTEGER PRIMARY KEY CHECK (id = 1),
	size		INTEGER NOT NULL CHECK (size > 0),
	root		BLOB NOT NULL CHECK (length(root) = 32),
	epoch		INTEGER NOT NULL,
	map_root	BLOB NOT NULL CHECK (length(map_root) = 32),
	map_count	INTEGER NOT NULL,
	map_depth	INTEGER NOT NULL CHECK (map_depth BETWEEN 0 AND 24),
	epoch_time	INTEGER NOT NULL,
	signed_at	INTEGER NOT NULL,
	checkpoint	TEXT NOT NULL
) STRICT;
CREATE TRIGGER head_forward BEFORE UPDATE ON head
WHEN NEW.size < OLD.size
    OR (NEW.size = OLD.size AND NEW.root <> OLD.root)
BEGIN
	SELECT RAISE(ABORT, 'append-only: the head never goes back');
END;
CREATE TRIGGER head_stay BEFORE DELETE ON head
BEGIN
	SELECT RAISE(ABORT, 'append-only: the head never goes');
END;
