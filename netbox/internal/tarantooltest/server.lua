-- The Tarantool server of a test. server.go passes the arguments.
local dir, listen, memory, super, parent, script = ...

-- Ends with the test process, also when that one had no chance to say so.
local ffi, fiber = require('ffi'), require('fiber')
ffi.cdef('int getppid(void);')
fiber.create(function()
    while ffi.C.getppid() == tonumber(parent) do fiber.sleep(0.5) end
    os.exit(1)
end)

box.cfg{
    work_dir = dir,
    log = dir .. '/tarantool.log',
    memtx_memory = tonumber(memory),
    wal_mode = 'none',
}

function echo(...) return ... end

function nop() end

function sleep(seconds) fiber.sleep(seconds) return seconds end

function push_n(n)
    for i = 1, n do box.session.push(i) end
    return n
end

function fail(message) box.error(box.error.PROC_LUA, message) end

local exists = {if_not_exists = true}
box.schema.user.create('alice', {password = 'secret', if_not_exists = true})
for _, user in pairs({'guest', 'alice'}) do
    box.schema.user.grant(user, 'execute', 'universe', nil, exists)
end
if super == 'true' then box.schema.user.grant('guest', 'super', nil, nil, exists) end

if script ~= '' then dofile(script) end

-- Port 0 lets the system choose; the file tells the test what it chose, and appears whole or not at all. Of a unix
-- socket box.info.listen does not tell the path.
box.cfg{listen = listen}
local address = listen:find('^unix/') and listen or box.info.listen
local file = io.open(dir .. '/address.new', 'w')
file:write(address)
file:close()
os.rename(dir .. '/address.new', dir .. '/address')
