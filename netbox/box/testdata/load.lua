-- Many requests at once; each must get its own answer and its own pushes.
local net, fiber = require('net.box'), require('fiber')
local addr = ...
local c = net.connect(addr)

local n, right = 10000, 0
local futures = {}
for i = 1, n do futures[i] = c:call('echo', {i, 'x' .. i}, {is_async = true}) end
for i = 1, n do
    local r = futures[i]:wait_result(20)
    if r and r[1] == i and r[2] == 'x' .. i then right = right + 1 end
end
print(n .. ' pipelined calls: ' .. right .. ' right')

local fibers, own = {}, 0
for id = 1, 400 do
    fibers[id] = fiber.new(function()
        local count = 1 + id % 7
        local got = {}
        local result = c:call('push_ids', {id, count}, {on_push = table.insert, on_push_ctx = got})
        local good = result == id and #got == count
        for i, m in ipairs(got) do good = good and m[1] == id and m[2] == i end
        if good then own = own + 1 end
    end)
    fibers[id]:set_joinable(true)
end
for id = 1, 400 do fibers[id]:join() end
print('400 fibers: ' .. own .. ' got exactly their own pushes')

local connections = 0
for id = 1, 100 do
    fibers[id] = fiber.new(function()
        local own = net.connect(addr)
        if own:ping() and own:call('echo', {id}) == id then connections = connections + 1 end
        own:close()
    end)
    fibers[id]:set_joinable(true)
end
for id = 1, 100 do fibers[id]:join() end
print('100 connections: ' .. connections .. ' right')
os.exit(0)
