-- The Tarantool server of a test. server.go passes the arguments.
local dir, listen, memory, super, parent, script, replicates, read_only, sources = ...

-- Ends with the test process, also when that one had no chance to say so.
local ffi, fiber, fio = require('ffi'), require('fiber'), require('fio')
ffi.cdef('int getppid(void);')
fiber.create(function()
    while ffi.C.getppid() == tonumber(parent) do fiber.sleep(0.5) end
    os.exit(1)
end)

-- The first start copies the data of the first source, later ones wait for none of them.
local fresh = #fio.glob(dir .. '/*.snap') == 0
box.cfg{
    work_dir = dir,
    log = dir .. '/tarantool.log',
    memtx_memory = tonumber(memory),
    wal_mode = replicates == 'true' and 'write' or 'none',
    read_only = read_only == 'true',
    replication = sources ~= '' and sources:split(',') or nil,
    replication_connect_quorum = fresh and 1 or 0,
    replication_connect_timeout = 10,
    replication_timeout = 0.2,
}

function echo(...) return ... end

function nop() end

function sleep(seconds) fiber.sleep(seconds) return seconds end

function push_n(n)
    for i = 1, n do box.session.push(i) end
    return n
end

function fail(message) box.error(box.error.PROC_LUA, message) end

-- What is on disk a replica gets from its source.
local exists = {if_not_exists = true}
if not box.info.ro then
    box.schema.user.create('alice', {password = 'secret', if_not_exists = true})
    for _, user in pairs({'guest', 'alice'}) do
        box.schema.user.grant(user, 'execute', 'universe', nil, exists)
    end
    if super == 'true' then box.schema.user.grant('guest', 'super', nil, nil, exists) end
end

if script ~= '' then dofile(script) end

-- Port 0 lets the system choose; the file tells the test what it chose, and appears whole or not at all. Of a unix
-- socket box.info.listen does not tell the path.
box.cfg{listen = listen}
local address = listen:find('^unix/') and listen or box.info.listen
local file = io.open(dir .. '/address.new', 'w')
file:write(address)
file:close()
os.rename(dir .. '/address.new', dir .. '/address')
