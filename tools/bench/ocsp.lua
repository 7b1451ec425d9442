-- wrk: OCSP requests, a line of base64 each, at random.  Arguments after --:
-- file of requests, GET or POST.
local made, n = {}, 0
local escape = { ["+"] = "%2B", ["/"] = "%2F", ["="] = "%3D" }
local digit = {}

-- base64 to octets; padding ends it.
local function decode(s)
	local out, v, bits = {}, 0, 0
	for c in s:gmatch("[%w+/]") do
		v = v * 64 + digit[c]
		bits = bits + 6
		if bits >= 8 then
			bits = bits - 8
			local o = math.floor(v / 2 ^ bits)
			out[#out + 1] = string.char(o)
			v = v - o * 2 ^ bits
		end
	end
	return table.concat(out)
end

function init(args)
	local digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
	for i = 1, 64 do
		digit[digits:sub(i, i)] = i - 1
	end
	for line in io.lines(args[1]) do
		n = n + 1
		if args[2] == "POST" then
			made[n] = wrk.format("POST", "/ocsp", { ["Content-Type"] =
			    "application/ocsp-request" }, decode(line))
		else
			made[n] = wrk.format("GET", "/ocsp/" ..
			    line:gsub("[+/=]", escape))
		end
	end
	math.randomseed(os.time() + (tonumber(tostring({}):match("0x(%x+)"), 16) or 0) % 100000)
end

function request()
	return made[math.random(n)]
end
