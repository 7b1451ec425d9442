# A text file as one C string: #define NAME "..."
# usage: awk -v name=NAME -f tools/text.awk FILE
BEGIN {
	print "#define " name " \\"
}
{
	gsub(/\\/, "&&")
	gsub(/"/, "\\\"")
	gsub(/\?/, "\\?")
	printf "\t\"%s\\n\" \\\n", $0
}
END {
	print "\t\"\""
}
