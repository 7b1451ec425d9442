# Refuse an #include that points up the room order, or up the order of the
# wings of a room (a file outside them may be included by all).
# usage: awk -v order="base ..." -v wings="registry/judge ..." -f tools/deps.awk FILE...
BEGIN {
	n = split(order, dir, " ")
	for (i = 1; i <= n; i++)
		rank[dir[i]] = i
	n = split(wings, dir, " ")
	for (i = 1; i <= n; i++)
		wing[dir[i]] = i
}
/^#[ \t]*include[ \t]*"/ {
	split(FILENAME, from, "/")
	split($0, q, "\"")
	split(q[2], to, "/")
	if (!(from[1] in rank))
		next
	if (!(to[1] in rank) || index(q[2], "/") == 0) {
		printf "%s:%d: include \"%s\" does not name a room\n",
		    FILENAME, FNR, q[2]
		bad = 1
	} else if (rank[to[1]] > rank[from[1]]) {
		printf "%s:%d: %s/ may not include %s/\n",
		    FILENAME, FNR, from[1], to[1]
		bad = 1
	}
	w = wing[from[1] "/" from[2]]
	if (w && wing[to[1] "/" to[2]] > w) {
		printf "%s:%d: %s/%s/ may not include %s/%s/\n", FILENAME,
		    FNR, from[1], from[2], to[1], to[2]
		bad = 1
	}
}
END { exit bad }
