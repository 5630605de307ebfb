-- The server that is compared and that clients are compared with. The argument is where it listens; it prints where
-- that is.
box.cfg{listen = ..., wal_mode = 'none', log_level = 1, memtx_memory = 64 * 1024 * 1024, readahead = 1048576,
    net_msg_max = 16384}

function echo(...) return ... end

function push_n(n)
    for i = 1, n do box.session.push(i) end
    return n
end

push_all = push_n -- there is no other way to push many

-- There is no WATCH, and who pushes has to be the fiber of the call.
local fiber = require('fiber')
local news, value = fiber.cond(), nil

function subscribe()
    while true do
        news:wait()
        box.session.push(value)
    end
end

function broadcast(v)
    value = v
    news:broadcast()
end

local ffi = require('ffi')
ffi.cdef[[
struct kharon_rusage { long user_s, user_us, system_s, system_us, rest[14]; };
int getrusage(int who, struct kharon_rusage *usage);
]]
local usage = ffi.new('struct kharon_rusage')

-- The processor time of this process so far, that of the user and that of the system, in microseconds.
function cpu()
    ffi.C.getrusage(0, usage)
    return tonumber(usage.user_s) * 1000000 + tonumber(usage.user_us),
        tonumber(usage.system_s) * 1000000 + tonumber(usage.system_us)
end

local test = box.schema.space.create('test', {format = {{'id', 'unsigned'}, {'name', 'string'}}})
test:create_index('pk', {parts = {'id'}})
for i = 0, 127 do test:insert({i, 'row ' .. i}) end
local many = box.schema.space.create('many', {format = {{'id', 'unsigned'}, {'name', 'string'}}})
many:create_index('pk', {parts = {'id'}})
for i = 0, 99999 do many:insert({i, 'row ' .. i}) end
box.schema.user.grant('guest', 'super')

io.stdout:setvbuf('line')
print(box.info.listen)
