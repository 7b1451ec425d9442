# Refuse a prototype that ends in "struct err *e" and lacks MUST_CHECK.
# usage: awk -f tools/must.awk HEADER...
FNR == 1 { decl = "" }
/^[ \t]*\/?\*/ || /^#/ { next }
decl != "" { decl = decl " " $0 }
decl == "" && /^(static inline )?int[ \t]/ { decl = $0 }
decl != "" && /[;{]/ {
	if (decl ~ /struct err \*e\)/ && decl !~ /MUST_CHECK/) {
		printf "%s:%d: MUST_CHECK is missing\n", FILENAME, FNR
		bad = 1
	}
	decl = ""
}
END { exit bad }
