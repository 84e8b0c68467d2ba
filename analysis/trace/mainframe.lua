-- Wireshark dissector for Mainframe datagrams: the link between neighbours, and what it carries.
--
--   tshark -X lua_script:mainframe.lua -o mainframe.keylog:keys.log -r trace.pcapng
--
-- The layouts are those of protocols/link/wire.ts, protocols/overlay/messages.ts, protocols/routing/packet.ts and
-- protocols/rendezvous/messages.ts, and so is what counts as malformed: a test feeds both the same bytes. DATA is decrypted here, by ChaCha20-Poly1305 (RFC 8439) in plain Lua, with the keys that a
-- recorded run or a live node has logged: Wireshark's Lua has no cryptography of its own. Dark packets stay sealed: their keys belong to
-- their recipients and are in no log.
--
-- Runs on Lua 5.2 (Wireshark up to 4.2) and 5.4 (later). Datagrams are found on UDP port 4242 and, on other ports, by their form.

---------------------------------------------------------------------- 32-bit words

local band, bxor, rotate_left
local bits = rawget(_G, "bit32")
if bits then
  band, bxor, rotate_left = bits.band, bits.bxor, bits.lrotate
else
  -- Since 5.3 these are operators, which 5.2 does not parse.
  band, bxor, rotate_left = load([[
    return function(a, b) return a & b end,
      function(a, b) return a ~ b end,
      function(a, n) return ((a << n) | (a >> (32 - n))) & 0xffffffff end
  ]])()
end

local floor = math.floor

-- The 32-bit word at s[at], little-endian.
local function word_at(s, at)
  local a, b, c, d = s:byte(at, at + 3)
  return a + b * 0x100 + c * 0x10000 + d * 0x1000000
end

local function word_bytes(w)
  return w % 0x100, floor(w / 0x100) % 0x100, floor(w / 0x10000) % 0x100, floor(w / 0x1000000)
end

---------------------------------------------------------------------- ChaCha20 (RFC 8439, section 2.3)

local QUARTERS = {
  { 1, 5, 9, 13 }, { 2, 6, 10, 14 }, { 3, 7, 11, 15 }, { 4, 8, 12, 16 },
  { 1, 6, 11, 16 }, { 2, 7, 12, 13 }, { 3, 8, 9, 14 }, { 4, 5, 10, 15 },
}

-- The block function: 16 words of key stream. `key` has 32 bytes, `nonce` 12.
local function chacha20_block(key, counter, nonce)
  local start = { 0x61707865, 0x3320646e, 0x79622d32, 0x6b206574 }
  for i = 0, 7 do start[5 + i] = word_at(key, 4 * i + 1) end
  start[13] = counter
  for i = 0, 2 do start[14 + i] = word_at(nonce, 4 * i + 1) end
  local x = {}
  for i = 1, 16 do x[i] = start[i] end
  for _ = 1, 10 do
    for i = 1, 8 do
      local q = QUARTERS[i]
      local a, b, c, d = q[1], q[2], q[3], q[4]
      local va, vb, vc, vd = x[a], x[b], x[c], x[d]
      va = (va + vb) % 0x100000000
      vd = rotate_left(bxor(vd, va), 16)
      vc = (vc + vd) % 0x100000000
      vb = rotate_left(bxor(vb, vc), 12)
      va = (va + vb) % 0x100000000
      vd = rotate_left(bxor(vd, va), 8)
      vc = (vc + vd) % 0x100000000
      vb = rotate_left(bxor(vb, vc), 7)
      x[a], x[b], x[c], x[d] = va, vb, vc, vd
    end
  end
  for i = 1, 16 do x[i] = (x[i] + start[i]) % 0x100000000 end
  return x
end

local function chacha20_xor(key, nonce, text)
  local out = {}
  for at = 1, #text, 64 do
    local stream = chacha20_block(key, (at - 1) / 64 + 1, nonce)
    local piece = text:sub(at, at + 63)
    local whole = piece .. ("\0"):rep(-#piece % 4)
    local words = {}
    for i = 1, #whole, 4 do
      words[#words + 1] = string.char(word_bytes(bxor(word_at(whole, i), stream[(i + 3) / 4])))
    end
    out[#out + 1] = table.concat(words):sub(1, #piece)
  end
  return table.concat(out)
end

---------------------------------------------------------------------- Poly1305 (RFC 8439, section 2.5)

-- Numbers of up to 132 bits as six limbs of 22: sums of their products stay below 2^53, where a Lua number is exact.
local LIMB = 0x400000

-- Limbs of a little-endian string of up to 16 bytes with `top` as the byte after it.
local function limbs_of(s, top)
  local limbs, n, value, weight = {}, 0, 0, 1
  for i = 1, 17 do
    local byte = i <= #s and s:byte(i) or (i == #s + 1 and top or 0)
    value = value + byte * weight
    weight = weight * 0x100
    if weight >= LIMB then
      n = n + 1
      limbs[n] = value % LIMB
      value = floor(value / LIMB)
      weight = weight / LIMB
    end
  end
  while n < 6 do
    n = n + 1
    limbs[n] = value % LIMB
    value = floor(value / LIMB)
  end
  return limbs
end

local function carry(h)
  local c = 0
  for i = 1, 6 do
    local v = h[i] + c
    h[i] = v % LIMB
    c = floor(v / LIMB)
  end
  -- What lies above bit 132: 2^132 is 4 times 2^130, which is 5.
  h[1] = h[1] + 20 * c
end

local function poly1305(key, text)
  local clamped = {}
  for i = 1, 16 do
    local byte = key:byte(i)
    if i % 4 == 0 then byte = band(byte, 15) end
    if i == 5 or i == 9 or i == 13 then byte = band(byte, 252) end
    clamped[i] = string.char(byte)
  end
  local r = limbs_of(table.concat(clamped), 0)
  local h = { 0, 0, 0, 0, 0, 0 }
  for at = 1, #text, 16 do
    local block = limbs_of(text:sub(at, at + 15), 1)
    for i = 1, 6 do h[i] = h[i] + block[i] end
    local product = { 0, 0, 0, 0, 0, 0 }
    for i = 1, 6 do
      for j = 1, 6 do
        local k = i + j - 1
        if k <= 6 then product[k] = product[k] + h[i] * r[j]
        else product[k - 6] = product[k - 6] + 20 * h[i] * r[j] end
      end
    end
    h = product
    carry(h)
    carry(h)
  end
  -- Below 2^130, then below 2^130 - 5.
  for _ = 1, 2 do
    local above = floor(h[6] / 0x100000)
    h[6] = h[6] % 0x100000
    h[1] = h[1] + 5 * above
    carry(h)
  end
  local g = { h[1] + 5, h[2], h[3], h[4], h[5], h[6] }
  carry(g)
  if g[6] >= 0x100000 then
    g[6] = g[6] - 0x100000
    h = g
  end
  local bytes, value, weight, limb = {}, 0, 1, 1
  local over = 0
  for i = 1, 16 do
    if weight < 0x100 then
      value = value + (h[limb] or 0) * weight
      limb = limb + 1
      weight = weight * LIMB
    end
    local sum = value % 0x100 + key:byte(16 + i) + over
    bytes[i] = string.char(sum % 0x100)
    over = floor(sum / 0x100)
    value = floor(value / 0x100)
    weight = weight / 0x100
  end
  return table.concat(bytes)
end

local function length64(n)
  return string.char(n % 0x100, floor(n / 0x100) % 0x100, floor(n / 0x10000) % 0x100, 0, 0, 0, 0, 0)
end

-- Opens an AEAD message; nil if its tag is wrong.
local function open(key, nonce, associated, sealed)
  local text, tag = sealed:sub(1, -17), sealed:sub(-16)
  local stream = chacha20_block(key, 0, nonce)
  local once = {}
  for i = 1, 8 do once[i] = string.char(word_bytes(stream[i])) end
  local covered = associated .. ("\0"):rep(-#associated % 16) .. text .. ("\0"):rep(-#text % 16)
    .. length64(#associated) .. length64(#text)
  if poly1305(table.concat(once), covered) ~= tag then return nil end
  return chacha20_xor(key, nonce, text)
end

-- Tests load this file outside Wireshark, for the cryptography alone.
if not rawget(_G, "Proto") then
  return { open = open, poly1305 = poly1305, chacha20_block = chacha20_block }
end

---------------------------------------------------------------------- names

local TYPES = {
  [0x01] = "PING", [0x02] = "PONG", [0x03] = "FIND_NODE", [0x04] = "NODES", [0x05] = "LEAVE",
  [0x10] = "DARK", [0x11] = "MULTICAST",
  [0x20] = "INITIATE", [0x21] = "RESPOND", [0x22] = "FINISH", [0x23] = "COOKIE",
  [0x24] = "VERSIONS", [0x25] = "DATA", [0x26] = "UNKNOWN", [0x2f] = "KNOCK",
  [0x30] = "LINK_PING", [0x31] = "LINK_PONG", [0x32] = "LINK_CLOSE", [0x33] = "LINK_IDLE",
  [0x34] = "LINK_FRAMES",
  [0x60] = "WHERE", [0x61] = "SEEN", [0x62] = "INTRODUCE", [0x63] = "INVITE", [0x64] = "ACCEPT",
  [0x65] = "DECLINE", [0x66] = "MEET", [0x67] = "REFUSE", [0x68] = "RELAY", [0x69] = "GONE",
  [0x6a] = "CHECK", [0x6b] = "ASKED", [0x6c] = "VISIT",
  [0x70] = "ASK", [0x71] = "TICKET", [0x72] = "REGISTER", [0x73] = "REGISTERED", [0x74] = "REJECTED",
  [0x75] = "QUERY", [0x76] = "ADS", [0x78] = "OFFER", [0x79] = "AGREE", [0x7a] = "DECLINE_TERMS",
}
local PATTERNS = { [0] = "XX", [1] = "IK" }
local DATA_SIZES = { [96] = true, [416] = true, [672] = true, [864] = true, [1184] = true, [1232] = true }
local LINK_VERSION = 1
local DARK_VERSION = 1
local HANDSHAKE_BYTES = 416
local KNOCK_BYTES = 16
local KNOCK_VERSION = 1
local DATA_HEADER_BYTES = 13
local TAG_BYTES = 16
local CONTACT_BYTES = 50
local NODES_MAX = 16
local DARK_HEADER_BYTES = 72
local DARK_BYTES_MIN = 120
local DATAGRAM_BYTES_MAX = 1200
local TREES_MAX = 5
local ADDRESS_BITS = 256
local MULTICAST_HEADER_BYTES = 36
local DESTINATIONS_MAX = 64
local FRAMES_HEAD_BYTES = 10
local PIECE_BYTES = 1152
local ACK_RANGES_MAX = 32

---------------------------------------------------------------------- fields

local mainframe = Proto("mainframe", "Mainframe")
local f = {}
local function field(name, make, title, ...)
  f[name] = make("mainframe." .. name, title, ...)
  return f[name]
end

field("type", ProtoField.uint8, "Type", base.HEX, TYPES)
field("content", ProtoField.uint8, "Content", base.HEX, TYPES)
field("link.version", ProtoField.uint8, "Version")
field("link.version_lowest", ProtoField.uint8, "Lowest version")
field("link.version_highest", ProtoField.uint8, "Highest version")
field("link.pattern", ProtoField.uint8, "Noise pattern", base.DEC, PATTERNS)
field("link.zero", ProtoField.bytes, "Zero")
field("link.sender_index", ProtoField.uint32, "Sender index", base.HEX)
field("link.receiver_index", ProtoField.uint32, "Receiver index", base.HEX)
field("link.cookie", ProtoField.bytes, "Cookie")
field("link.noise", ProtoField.bytes, "Noise message")
field("link.noise.ephemeral", ProtoField.bytes, "Ephemeral key")
field("link.noise.static", ProtoField.bytes, "Static key, sealed")
field("link.noise.payload", ProtoField.bytes, "Payload")
field("link.counter", ProtoField.uint64, "Counter")
field("link.sealed", ProtoField.bytes, "Sealed content")
field("link.tag", ProtoField.bytes, "Authentication tag")
field("link.opened", ProtoField.string, "Opened")
field("link.length", ProtoField.uint16, "Length of the content")
field("link.padding", ProtoField.bytes, "Padding")
field("link.token", ProtoField.uint32, "Token", base.HEX)
field("link.spare", ProtoField.bytes, "Spare")
field("discovery.transaction", ProtoField.uint32, "Transaction", base.HEX)
field("discovery.rest", ProtoField.bytes, "Content")
field("overlay.transaction", ProtoField.uint32, "Transaction", base.HEX)
field("overlay.count", ProtoField.uint8, "Contacts")
field("overlay.target", ProtoField.bytes, "Target address")
field("overlay.padding", ProtoField.bytes, "Padding")
field("overlay.contact", ProtoField.bytes, "Contact")
field("overlay.contact.address", ProtoField.bytes, "Overlay address")
field("overlay.contact.ip", ProtoField.ipv6, "IP address")
field("overlay.contact.port", ProtoField.uint16, "UDP port")
field("dark.version", ProtoField.uint8, "Version")
field("dark.flags", ProtoField.uint8, "Flags", base.HEX)
field("dark.flags.exact_expiry", ProtoField.bool, "Expiry in seconds", 8, nil, 0x01)
field("dark.tree", ProtoField.uint8, "Tree")
field("dark.luminosity", ProtoField.uint16, "Luminosity (bits)")
field("dark.level", ProtoField.uint16, "Level (bits)")
field("dark.stem", ProtoField.uint8, "On the stem")
field("dark.zero", ProtoField.bytes, "Zero")
field("dark.expiry", ProtoField.uint32, "Last epoch")
field("dark.target", ProtoField.bytes, "Routing target")
field("dark.id", ProtoField.bytes, "Packet id")
field("dark.topic", ProtoField.bytes, "Topic tag")
field("dark.ephemeral", ProtoField.bytes, "Ephemeral key of the sealed box")
field("dark.sealed", ProtoField.bytes, "Sealed text")
field("dark.tag", ProtoField.bytes, "Tag of the sealed box")
field("multicast.version", ProtoField.uint8, "Version")
field("multicast.tree", ProtoField.uint8, "Tree")
field("multicast.count", ProtoField.uint8, "Destinations")
field("multicast.luminosity", ProtoField.uint16, "Luminosity (bits)")
field("multicast.expiry", ProtoField.uint32, "Last epoch")
field("multicast.id", ProtoField.bytes, "Message id")
field("multicast.topic", ProtoField.bytes, "Topic tag")
field("multicast.prefix", ProtoField.bytes, "Destination prefix")
field("multicast.sealed", ProtoField.bytes, "Sealed payload")
field("rendezvous.number", ProtoField.uint32, "Token, transaction or channel")
field("rendezvous.nonce", ProtoField.bytes, "Nonce")
field("rendezvous.rest", ProtoField.bytes, "Rest")
field("frames.opening", ProtoField.bool, "Opening", 8, nil, 0x01)
field("frames.life", ProtoField.uint32, "Life", base.HEX)
field("frames.number", ProtoField.uint32, "Packet number")
field("frames.ack", ProtoField.bytes, "Acknowledgement")
field("frames.ack.life", ProtoField.uint32, "Acknowledged life", base.HEX)
field("frames.ack.largest", ProtoField.uint32, "Largest number")
field("frames.ack.delay", ProtoField.uint16, "Delay (16 us)")
field("frames.ack.credit", ProtoField.uint64, "Credit (bytes)")
field("frames.ack.ranges", ProtoField.uint8, "Further ranges")
field("frames.ack.first", ProtoField.uint16, "Packets below the largest")
field("frames.ack.gap", ProtoField.uint16, "Gap")
field("frames.ack.run", ProtoField.uint16, "Run")
field("frames.piece", ProtoField.bytes, "Piece of a message")
field("frames.piece.stream", ProtoField.uint16, "Stream")
field("frames.piece.message", ProtoField.uint32, "Message")
field("frames.piece.size", ProtoField.uint16, "Message bytes less one")
field("frames.piece.index", ProtoField.uint8, "Index")
field("frames.reset", ProtoField.uint32, "Unknown life", base.HEX)
field("undecoded", ProtoField.bytes, "Bytes of no known layout")

mainframe.fields = (function()
  local list = {}
  for _, one in pairs(f) do list[#list + 1] = one end
  return list
end)()

local malformed = ProtoExpert.new("mainframe.malformed", "Malformed", expert.group.MALFORMED, expert.severity.ERROR)
local forged = ProtoExpert.new("mainframe.forged", "Not sealed with the logged key", expert.group.SECURITY, expert.severity.WARN)
local other_version = ProtoExpert.new("mainframe.other_version", "Another version or pattern", expert.group.PROTOCOL, expert.severity.NOTE)
local not_opened = ProtoExpert.new("mainframe.no_key", "The key log has no key for it", expert.group.DECRYPTION, expert.severity.CHAT)
mainframe.experts = { malformed, forged, other_version, not_opened }

mainframe.prefs.keylog = Pref.string("Key log", "", "File of link keys (keys.log of a run, or what node run --key-log writes)")
mainframe.prefs.all_udp = Pref.bool("All UDP is Mainframe", false, "Dissect every UDP datagram, well-formed or not")

---------------------------------------------------------------------- key log

local keys = {}
local opened_before = {}

local function read_key_log()
  keys = {}
  opened_before = {}
  local file = mainframe.prefs.keylog ~= "" and io.open(mainframe.prefs.keylog, "r")
  if not file then return end
  for line in file:lines() do
    local suite, index, hex = line:match("^LINK_KEY ([%w%-]+) (%x+) (%x+)$")
    if suite and #index == 8 and #hex == 64 then
      local key = hex:gsub("%x%x", function(digits) return string.char(tonumber(digits, 16)) end)
      index = tonumber(index, 16)
      keys[index] = keys[index] or {}
      -- Both ends of a link have logged it.
      keys[index][key] = suite
    end
  end
  file:close()
end

function mainframe.init() read_key_log() end
function mainframe.prefs_changed() read_key_log() end

-- What a DATA carries, padded, and how it was opened. nil without a key; false if no key opens it.
local function open_data(datagram)
  local found = keys[word_at(datagram:sub(2, 5):reverse(), 1)]
  if not found then return nil end
  local header = datagram:sub(1, DATA_HEADER_BYTES)
  local sealed = datagram:sub(DATA_HEADER_BYTES + 1)
  local nonce = "\0\0\0\0" .. datagram:sub(6, 13):reverse()
  for key, suite in pairs(found) do
    -- The modelled suite hides nothing: its sealed text is the text.
    if suite == "modelled" then return sealed:sub(1, -TAG_BYTES - 1), "modelled" end
    local text = open(key, nonce, header, sealed)
    if text then return text, "ChaCha20-Poly1305, tag verified" end
  end
  return false
end

---------------------------------------------------------------------- messages of the protocols above

local function flag(tree, range, sentence)
  tree:add_tvb_expert_info(malformed, range, sentence)
end

-- True if the `length` bytes at `at` are zero.
local function is_zero(tvb, at, length)
  for i = at, at + length - 1 do
    if tvb(i, 1):uint() ~= 0 then return false end
  end
  return true
end

local function dissect_find_node(tvb, tree, length)
  tree:add(f["overlay.transaction"], tvb(1, 4))
  local count = tvb(5, 1):uint()
  tree:add(f["overlay.count"], tvb(5, 1))
  if count < 1 or count > NODES_MAX then flag(tree, tvb(5, 1), "A count outside 1 to 16") end
  tree:add(f["overlay.target"], tvb(6, 32))
  tree:add(f["overlay.padding"], tvb(38, length - 38))
  if not is_zero(tvb, 38, length - 38) then flag(tree, tvb(38), "Padding that is not zero") end
end

local function dissect_nodes(tvb, tree, length)
  if length < 6 then return flag(tree, tvb(), "Shorter than its layout") end
  tree:add(f["overlay.transaction"], tvb(1, 4))
  local count = tvb(5, 1):uint()
  tree:add(f["overlay.count"], tvb(5, 1))
  if count > NODES_MAX then return flag(tree, tvb(5, 1), "A count outside 0 to 16") end
  if length ~= 6 + count * CONTACT_BYTES then return flag(tree, tvb(), "Its length is not that of its contacts") end
  for i = 0, count - 1 do
    local at = 6 + i * CONTACT_BYTES
    local contact = tree:add(f["overlay.contact"], tvb(at, CONTACT_BYTES))
    contact:add(f["overlay.contact.address"], tvb(at, 32))
    contact:add(f["overlay.contact.ip"], tvb(at + 32, 16))
    contact:add(f["overlay.contact.port"], tvb(at + 48, 2))
  end
end

local function dissect_dark(tvb, tree, length)
  if length < DARK_BYTES_MIN then return flag(tree, tvb(), "Shorter than its layout") end
  if length > DATAGRAM_BYTES_MAX then flag(tree, tvb(), "Longer than any datagram above the link") end
  tree:add(f["dark.version"], tvb(1, 1))
  if tvb(1, 1):uint() ~= DARK_VERSION then flag(tree, tvb(1, 1), "A version that nobody speaks") end
  local flags = tree:add(f["dark.flags"], tvb(2, 1))
  flags:add(f["dark.flags.exact_expiry"], tvb(2, 1))
  if tvb(2, 1):uint() > 1 then flag(tree, tvb(2, 1), "Flags that mean nothing") end
  tree:add(f["dark.tree"], tvb(3, 1))
  if tvb(3, 1):uint() >= TREES_MAX then flag(tree, tvb(3, 1), "A tree beyond the last") end
  tree:add(f["dark.luminosity"], tvb(4, 2))
  if tvb(4, 2):uint() > ADDRESS_BITS then flag(tree, tvb(4, 2), "More bits than an address has") end
  tree:add(f["dark.level"], tvb(6, 2))
  if tvb(6, 2):uint() > ADDRESS_BITS then flag(tree, tvb(6, 2), "More bits than an address has") end
  tree:add(f["dark.stem"], tvb(8, 1))
  if tvb(8, 1):uint() > 1 then flag(tree, tvb(8, 1), "Neither 0 nor 1") end
  tree:add(f["dark.zero"], tvb(9, 3))
  if not is_zero(tvb, 9, 3) then flag(tree, tvb(9, 3), "Not zero") end
  tree:add(f["dark.expiry"], tvb(12, 4))
  tree:add(f["dark.target"], tvb(16, 32))
  tree:add(f["dark.id"], tvb(48, 16))
  tree:add(f["dark.topic"], tvb(64, 8))
  tree:add(f["dark.ephemeral"], tvb(DARK_HEADER_BYTES, 32))
  local text = length - DARK_BYTES_MIN
  if text > 0 then tree:add(f["dark.sealed"], tvb(104, text)) end
  tree:add(f["dark.tag"], tvb(length - TAG_BYTES, TAG_BYTES))
end

-- Whether the prefixes of `each` bytes at `at` are strictly ascending, with zeros beyond the luminosity.
local function prefixes_in_order(tvb, at, count, each, luminosity)
  local spare = 2 ^ (each * 8 - luminosity)
  local before = nil
  for i = 0, count - 1 do
    local prefix = tvb:raw(at + i * each, each)
    if each > 0 and prefix:byte(each) % spare ~= 0 then return false end
    if before and before >= prefix then return false end
    before = prefix
  end
  return true
end

local function dissect_multicast(tvb, tree, length)
  if length < MULTICAST_HEADER_BYTES then return flag(tree, tvb(), "Shorter than its layout") end
  if length > DATAGRAM_BYTES_MAX then flag(tree, tvb(), "Longer than any datagram above the link") end
  tree:add(f["multicast.version"], tvb(1, 1))
  if tvb(1, 1):uint() ~= 1 then flag(tree, tvb(1, 1), "A version that nobody speaks") end
  tree:add(f["multicast.tree"], tvb(2, 1))
  if tvb(2, 1):uint() >= TREES_MAX then flag(tree, tvb(2, 1), "A tree beyond the last") end
  local count = tvb(3, 1):uint()
  tree:add(f["multicast.count"], tvb(3, 1))
  local luminosity = tvb(4, 2):uint()
  tree:add(f["multicast.luminosity"], tvb(4, 2))
  if luminosity > ADDRESS_BITS then return flag(tree, tvb(4, 2), "More bits than an address has") end
  if count < 2 or count > DESTINATIONS_MAX then return flag(tree, tvb(3, 1), "A number of destinations outside 2 to 64") end
  if not is_zero(tvb, 6, 2) then flag(tree, tvb(6, 2), "Not zero") end
  tree:add(f["multicast.expiry"], tvb(8, 4))
  tree:add(f["multicast.id"], tvb(12, 16))
  tree:add(f["multicast.topic"], tvb(28, 8))
  local each = floor((luminosity + 7) / 8)
  local sealed = MULTICAST_HEADER_BYTES + count * each
  if length < sealed + 48 then return flag(tree, tvb(), "Shorter than its destinations and a payload") end
  for i = 0, count - 1 do
    if each > 0 then tree:add(f["multicast.prefix"], tvb(MULTICAST_HEADER_BYTES + i * each, each)) end
  end
  if not prefixes_in_order(tvb, MULTICAST_HEADER_BYTES, count, each, luminosity) then
    flag(tree, tvb(MULTICAST_HEADER_BYTES, count * each), "Destinations out of order")
  end
  tree:add(f["multicast.sealed"], tvb(sealed))
end

-- Messages of the rendezvous: a number of four bytes or a nonce of eight, and what their layout says.
local function dissect_numbered(tvb, tree, length)
  tree:add(f["rendezvous.number"], tvb(1, 4))
  if length > 5 then tree:add(f["rendezvous.rest"], tvb(5)) end
end

local function dissect_nonce(tvb, tree, length)
  tree:add(f["rendezvous.nonce"], tvb(1, 8))
  if length > 9 then tree:add(f["rendezvous.rest"], tvb(9)) end
end

-- INVITE and MEET: a flag at `flag_at`, zeros from `zeros_at`.
local function dissect_padded(flag_at, zeros_at)
  return function(tvb, tree, length)
    dissect_numbered(tvb, tree, length)
    if tvb(flag_at, 1):uint() > 1 then flag(tree, tvb(flag_at, 1), "Neither 0 nor 1") end
    if not is_zero(tvb, zeros_at, length - zeros_at) then
      flag(tree, tvb(zeros_at), "Not zero")
    end
  end
end

local function dissect_relay(tvb, tree, length)
  if length < 7 then return flag(tree, tvb(), "Shorter than its layout") end
  dissect_numbered(tvb, tree, length)
  if tvb(5, 1):uint() > 2 then flag(tree, tvb(5, 1), "No part of a datagram") end
end

-- Messages of discovery: a transaction of four bytes, but for those of peering; lengths between bounds where manifests are carried.
local function dissect_discovery(least, most, numbered)
  return function(tvb, tree, length)
    if length < least then return flag(tree, tvb(), "Shorter than its layout") end
    if length > most then return flag(tree, tvb(), "Longer than its layout") end
    local at = 1
    if numbered then
      tree:add(f["discovery.transaction"], tvb(1, 4))
      at = 5
    end
    if length > at then tree:add(f["discovery.rest"], tvb(at)) end
  end
end

-- By type: the exact length (nil for those that check their own), and what dissects the rest.
local MESSAGES = {
  [0x01] = { 5, function(tvb, tree) tree:add(f["overlay.transaction"], tvb(1, 4)) end },
  [0x02] = { 5, function(tvb, tree) tree:add(f["overlay.transaction"], tvb(1, 4)) end },
  [0x03] = { 272, dissect_find_node },
  [0x04] = { nil, dissect_nodes },
  [0x05] = { 1, function() end },
  [0x10] = { nil, dissect_dark },
  [0x11] = { nil, dissect_multicast },
  [0x60] = { 5, dissect_numbered },
  [0x61] = { 23, dissect_numbered },
  [0x62] = { 37, dissect_numbered },
  [0x63] = { 380, dissect_padded(5, 56) },
  [0x64] = { 5, dissect_numbered },
  [0x65] = { 5, dissect_numbered },
  [0x66] = { 380, dissect_padded(9, 28) },
  [0x67] = { 6, dissect_numbered },
  [0x68] = { nil, dissect_relay },
  [0x69] = { 5, dissect_numbered },
  [0x6a] = { 9, dissect_nonce },
  [0x6b] = { 9, dissect_nonce },
  [0x6c] = { 27, dissect_nonce },
  [0x70] = { 16, dissect_discovery(16, 16, true) },
  [0x71] = { 37, dissect_discovery(37, 37, true) },
  [0x72] = { nil, dissect_discovery(276, 404, true) },
  [0x73] = { 9, dissect_discovery(9, 9, true) },
  [0x74] = { 6, dissect_discovery(6, 6, true) },
  [0x75] = { 400, dissect_discovery(400, 400, true) },
  [0x76] = { nil, dissect_discovery(6, 1200, true) },
  [0x78] = { nil, dissect_discovery(273, 401, false) },
  [0x79] = { 33, dissect_discovery(33, 33, false) },
  [0x7a] = { 38, dissect_discovery(38, 38, false) },
}

local function dissect_ping(tvb, tree)
  tree:add(f["link.token"], tvb(1, 4))
  tree:add(f["link.spare"], tvb(5, 4))
end

-- One frame of a FRAMES at `at`. @returns its length, or nil and why it is none.
local FRAMES = {
  [1] = function(tvb, tree, at, room, seen)
    if seen.ack then return nil, "A second acknowledgement" end
    seen.ack = true
    if room < 20 then return nil, "An acknowledgement cut short" end
    local more = tvb(at + 17, 1):uint()
    local length = 20 + 4 * more
    if more >= ACK_RANGES_MAX or room < length then return nil, "More ranges than there are" end
    local ack = tree:add(f["frames.ack"], tvb(at, length))
    ack:add(f["frames.ack.life"], tvb(at + 1, 4))
    ack:add(f["frames.ack.largest"], tvb(at + 5, 4))
    ack:add(f["frames.ack.delay"], tvb(at + 9, 2))
    ack:add(f["frames.ack.credit"], tvb(at + 11, 6))
    ack:add(f["frames.ack.ranges"], tvb(at + 17, 1))
    ack:add(f["frames.ack.first"], tvb(at + 18, 2))
    local low = tvb(at + 5, 4):uint() - tvb(at + 18, 2):uint()
    for i = 0, more - 1 do
      local gap, run = tvb(at + 20 + 4 * i, 2), tvb(at + 22 + 4 * i, 2)
      ack:add(f["frames.ack.gap"], gap)
      ack:add(f["frames.ack.run"], run)
      if gap:uint() == 0 or run:uint() == 0 then return nil, "An empty range" end
      low = low - gap:uint() - run:uint()
    end
    if low < 0 then return nil, "Ranges below the first number" end
    return length
  end,
  [2] = function(tvb, tree, at, room)
    if room < 10 then return nil, "A piece cut short" end
    local size, index = tvb(at + 7, 2):uint() + 1, tvb(at + 9, 1):uint()
    local bytes = math.min(PIECE_BYTES, size - index * PIECE_BYTES)
    if bytes <= 0 or room < 10 + bytes then return nil, "A piece that its message has not" end
    local piece = tree:add(f["frames.piece"], tvb(at, 10 + bytes))
    piece:add(f["frames.piece.stream"], tvb(at + 1, 2))
    piece:add(f["frames.piece.message"], tvb(at + 3, 4))
    piece:add(f["frames.piece.size"], tvb(at + 7, 2))
    piece:add(f["frames.piece.index"], tvb(at + 9, 1))
    return 10 + bytes
  end,
  [3] = function(tvb, tree, at, room)
    if room < 5 then return nil, "A reset cut short" end
    tree:add(f["frames.reset"], tvb(at + 1, 4))
    return 5
  end,
}

local function dissect_frames(tvb, tree, length)
  if length < FRAMES_HEAD_BYTES then return flag(tree, tvb(), "Shorter than its layout") end
  tree:add(f["frames.opening"], tvb(1, 1))
  if tvb(1, 1):uint() > 1 then flag(tree, tvb(1, 1), "Flags that mean nothing") end
  tree:add(f["frames.life"], tvb(2, 4))
  tree:add(f["frames.number"], tvb(6, 4))
  local at, seen = FRAMES_HEAD_BYTES, {}
  while at < length do
    local frame = FRAMES[tvb(at, 1):uint()]
    if not frame then return flag(tree, tvb(at, 1), "A frame that nobody knows") end
    local read, why = frame(tvb, tree, at, length - at, seen)
    if not read then return flag(tree, tvb(at), why) end
    at = at + read
  end
end

-- The link's own messages, which travel inside DATA only. CLOSE and IDLE say all by their type.
local CONTENTS = {
  [0x30] = { 9, dissect_ping },
  [0x31] = { 9, dissect_ping },
  [0x32] = { nil, function() end },
  [0x33] = { nil, function() end },
  [0x34] = { nil, dissect_frames },
}

-- One message that fills `tvb`; its type has been shown. `layouts` is MESSAGES or CONTENTS.
local function dissect_message(tvb, tree, layouts)
  local layout = layouts[tvb(0, 1):uint()]
  local length = tvb:len()
  if not layout then
    -- What the link does not know it passes over; the protocols above refuse it.
    if layouts ~= CONTENTS then flag(tree, tvb(0, 1), "A type that nobody knows") end
    if length > 1 then tree:add(f["undecoded"], tvb(1)) end
    return
  end
  local exact, dissect = layout[1], layout[2]
  if exact and length ~= exact then
    flag(tree, tvb(), length < exact and "Shorter than its layout" or "Longer than its layout")
  else
    dissect(tvb, tree, length)
  end
end

local function name_of(type)
  return TYPES[type] or string.format("0x%02x", type)
end

---------------------------------------------------------------------- the link

local function zero(tvb, tree, at, length)
  tree:add(f["link.zero"], tvb(at, length))
  if not is_zero(tvb, at, length) then flag(tree, tvb(at, length), "Not zero") end
end

local function version(tvb, tree)
  local item = tree:add(f["link.version"], tvb(1, 1))
  if tvb(1, 1):uint() ~= LINK_VERSION then item:add_proto_expert_info(other_version) end
end

local function pattern(tvb, tree)
  local item = tree:add(f["link.pattern"], tvb(2, 1))
  local known = PATTERNS[tvb(2, 1):uint()]
  if not known then item:add_proto_expert_info(other_version) end
  return known
end

-- A Noise message at `at`: an ephemeral key, a sealed static key, both or neither, then the payload.
local function noise(tvb, tree, at, ephemeral, static)
  local message = tree:add(f["link.noise"], tvb(at))
  if ephemeral then
    message:add(f["link.noise.ephemeral"], tvb(at, 32))
    at = at + 32
  end
  if static then
    message:add(f["link.noise.static"], tvb(at, 48))
    at = at + 48
  end
  message:add(f["link.noise.payload"], tvb(at))
end

-- What was in a DATA. @returns what to say of it in one word.
local function dissect_content(text, how, tree)
  local plain = ByteArray.new(text, true):tvb("Opened content")
  tree:add(f["link.opened"], plain(), how)
  local length = plain(0, 2):uint()
  tree:add(f["link.length"], plain(0, 2))
  if length > plain:len() - 2 then
    flag(tree, plain(0, 2), "More content than there is room for")
    return "malformed"
  end
  local said = "nothing"
  if length > 0 then
    local content = plain(2, length):tvb()
    local type = content(0, 1):uint()
    said = name_of(type)
    local inner = tree:add(mainframe, content(), "Mainframe " .. said)
    inner:add(f["content"], content(0, 1))
    local own = type >= 0x30 and type <= 0x3f
    dissect_message(content, inner, own and CONTENTS or MESSAGES)
  end
  if plain:len() > 2 + length then tree:add(f["link.padding"], plain(2 + length)) end
  return said
end

local function dissect_data(tvb, tree, pinfo)
  local length = tvb:len()
  tree:add(f["link.receiver_index"], tvb(1, 4))
  tree:add(f["link.counter"], tvb(5, 8))
  local sealed = tree:add(f["link.sealed"], tvb(DATA_HEADER_BYTES, length - DATA_HEADER_BYTES - TAG_BYTES))
  tree:add(f["link.tag"], tvb(length - TAG_BYTES, TAG_BYTES))
  local datagram = tvb:raw(0, length)
  local result = opened_before[datagram]
  if not result then
    local text, how = open_data(datagram)
    result = { text = text, how = how }
    if pinfo.number and text then opened_before[datagram] = result end
  end
  if result.text then return dissect_content(result.text, result.how, tree) end
  if result.text == false then sealed:add_proto_expert_info(forged) else sealed:add_proto_expert_info(not_opened) end
  return nil
end

-- By type: whether a length is right, and what dissects the rest.
local LINK = {
  [0x20] = { function(n) return n == HANDSHAKE_BYTES end, function(tvb, tree)
    version(tvb, tree)
    local known = pattern(tvb, tree)
    zero(tvb, tree, 3, 1)
    tree:add(f["link.sender_index"], tvb(4, 4))
    tree:add(f["link.cookie"], tvb(8, 16))
    noise(tvb, tree, 24, true, known == "IK")
  end },
  [0x21] = { function(n) return n == HANDSHAKE_BYTES end, function(tvb, tree)
    version(tvb, tree)
    local known = pattern(tvb, tree)
    zero(tvb, tree, 3, 1)
    tree:add(f["link.sender_index"], tvb(4, 4))
    tree:add(f["link.receiver_index"], tvb(8, 4))
    noise(tvb, tree, 12, true, known == "XX")
  end },
  [0x22] = { function(n) return n == HANDSHAKE_BYTES end, function(tvb, tree)
    version(tvb, tree)
    zero(tvb, tree, 2, 2)
    tree:add(f["link.receiver_index"], tvb(4, 4))
    noise(tvb, tree, 8, false, true)
  end },
  [0x23] = { function(n) return n == 24 end, function(tvb, tree)
    version(tvb, tree)
    zero(tvb, tree, 2, 2)
    tree:add(f["link.receiver_index"], tvb(4, 4))
    tree:add(f["link.cookie"], tvb(8, 16))
  end },
  [0x24] = { function(n) return n == 8 end, function(tvb, tree)
    tree:add(f["link.version_lowest"], tvb(1, 1))
    tree:add(f["link.version_highest"], tvb(2, 1))
    zero(tvb, tree, 3, 1)
    tree:add(f["link.receiver_index"], tvb(4, 4))
  end },
  [0x25] = { function(n) return DATA_SIZES[n] end, dissect_data },
  [0x26] = { function(n) return n == 8 end, function(tvb, tree)
    version(tvb, tree)
    zero(tvb, tree, 2, 2)
    tree:add(f["link.receiver_index"], tvb(4, 4))
  end },
  -- The rendezvous' only datagram outside a link: a stranger shows that it can reach us. No version but its own is read.
  [0x2f] = { function(n) return n == KNOCK_BYTES end, function(tvb, tree)
    tree:add(f["link.version"], tvb(1, 1))
    if tvb(1, 1):uint() ~= KNOCK_VERSION then flag(tree, tvb(1, 1), "A version that nobody knows") end
    zero(tvb, tree, 2, 6)
    tree:add(f["rendezvous.nonce"], tvb(8, 8))
  end },
}

---------------------------------------------------------------------- datagrams

function mainframe.dissector(tvb, pinfo, root)
  local length = tvb:len()
  if length == 0 then return 0 end
  pinfo.cols.protocol = "Mainframe"
  local type = tvb(0, 1):uint()
  local said = name_of(type)
  local tree = root:add(mainframe, tvb(), "Mainframe " .. said)
  tree:add(f["type"], tvb(0, 1))
  local link = LINK[type]
  if not link then
    dissect_message(tvb, tree, MESSAGES)
  elseif not link[1](length) then
    flag(tree, tvb(), "A length that its type does not have")
  else
    local inside = link[2](tvb, tree, pinfo)
    if inside then said = said .. " " .. inside end
  end
  pinfo.cols.info = said .. "  " .. length .. " bytes"
  return length
end

-- Whether bytes on any port have the form of a datagram of ours.
local function looks_right(tvb)
  local length = tvb:len()
  if length == 0 then return false end
  local type = tvb(0, 1):uint()
  if LINK[type] then return LINK[type][1](length) end
  if type == 0x10 then return length >= DARK_BYTES_MIN and length <= DATAGRAM_BYTES_MAX and tvb(1, 1):uint() == DARK_VERSION end
  if type == 0x04 then return length >= 6 and length == 6 + tvb(5, 1):uint() * CONTACT_BYTES end
  local layout = MESSAGES[type]
  -- One byte of LEAVE alone says too little.
  return layout and length > 1 and length == layout[1]
end

mainframe:register_heuristic("udp", function(tvb, pinfo, root)
  if not (mainframe.prefs.all_udp or looks_right(tvb)) then return false end
  mainframe.dissector(tvb, pinfo, root)
  return true
end)
DissectorTable.get("udp.port"):add(4242, mainframe)
