-- Everything a net.box can ask of the server, with what it gets.
local net, json, fiber = require('net.box'), require('json'), require('fiber')
local addr = ...

local function show(name, ...)
    local list = {}
    for i = 1, select('#', ...) do
        local v = select(i, ...)
        list[i] = type(v) == 'cdata' and v ~= nil and v.message or json.encode(v)
    end
    print(name .. ' -> ' .. table.concat(list, ', '))
end

local function try(name, f, ...)
    local ok, err = pcall(f, ...)
    if ok then return print(name .. ' -> no error') end
    local trace = {}
    while err do
        table.insert(trace, err.code .. ' ' .. err.message)
        err = err.prev
    end
    print(name .. ' -> error ' .. table.concat(trace, ' <- '))
end

local c = net.connect(addr)
show('state', c.state, c.error)
show('spaces', next(c.space) == nil)
show('ping', c:ping())
show('guest', net.connect(addr, {user = 'guest'}):ping())

show('echo', c:call('echo', {1, 'two', {3, {four = 4}}, true, -5, 6.5}))
show('echo of nil', c:call('echo', {1, box.NULL, 3}))
show('echo of nothing', c:call('echo'))
show('several', c:call('values'))
show('no result', c:call('nop'))
show('list', c:call('list'))
show('method', c:call('obj:method'))

try('eval', c.eval, c, 'return 1')
try('unknown function', c.call, c, 'no.such.function')
try('handler error', c.call, c, 'fail', {'boom'})
try('handler panic', c.call, c, 'panic', {'overboard'})
try('error with a code', c.call, c, 'coded')
try('error with a stack', c.call, c, 'stacked')
try('wrapped error', c.call, c, 'wrapped')
show('ping after errors', c:ping())

local function push(to, message) table.insert(to, message) end
local got = {}
show('push_n', c:call('push_n', {5}, {on_push = push, on_push_ctx = got}))
show('pushed', got)
show('push_n without on_push', c:call('push_n', {5}))
got = {}
show('push_nil', c:call('push_nil', {}, {on_push = push, on_push_ctx = got}))
show('pushed', got)

local future = c:call('push_n', {3}, {is_async = true})
for i, message in future:pairs() do show('pairs ' .. i, message) end
for i, message in future:pairs() do show('pairs again ' .. i, message) end
show('result', future:wait_result(10))

future = c:call('push_and_fail', {}, {is_async = true})
for i, message in future:pairs() do show('pairs ' .. tostring(i), message) end

show('buffer', (function()
    local buf = require('buffer').ibuf()
    local size = c:call('echo', {1, 2, 3}, {buffer = buf, skip_header = true})
    return size, (require('msgpack').decode(buf.rpos, size))
end)())

local broken = net.connect(addr, {wait_connected = false})
broken:close()
show('closed', broken:ping(), c:ping())
c:close()
show('state', c.state)
os.exit(0)
