-- wrk: ask for random names.  Arguments after --: prefix, first, last, width, absent
-- (one in so many asks for a code beyond last; 0: never).
local prefix, first, last, width, absent = "", 1, 1, 8, 0
local format, count = "", 0

function init(args)
	prefix, first, last = args[1], tonumber(args[2]), tonumber(args[3])
	width, absent = tonumber(args[4]), tonumber(args[5])
	format = "%s%0" .. width .. "d"
	math.randomseed(os.time() + (tonumber(tostring({}):match("0x(%x+)"), 16) or 0) % 100000)
end

function request()
	local n = math.random(first, last)
	count = count + 1
	if absent > 0 and count % absent == 0 then
		n = n + 50000000
	end
	return wrk.format("GET", string.format(format, prefix, n))
end
