-- net.box under load. The arguments: where the server is, the request, how many are on their way, and whether one
-- fiber makes them all. Each line of stdin is a duration in seconds, answered by how many requests it was.
local addr, op, callers, async = ...
callers, async = tonumber(callers), async == 'true'

local netbox, fiber, clock, json = require('net.box'), require('fiber'), require('clock'), require('json')
local keys = 128

local conn = netbox.connect(addr)
if not conn:ping() then error('no connection: ' .. tostring(conn.error)) end

-- walk goes through all rows, so many at a time, and returns how many there were.
local function walk(limit)
    local rows, sum = 0, 0
    while rows < 100000 do
        local page = conn.space.many:select({rows}, {iterator = 'GE', limit = limit})
        if #page == 0 then break end
        for _, row in ipairs(page) do
            sum = sum + row[1]
            assert(row[2] ~= nil)
        end
        rows = rows + #page
    end
    if rows ~= 100000 or sum ~= 4999950000 then error('rows are missing: ' .. rows .. ' came') end
    return rows
end

local walks = {whole = 100000, plain = 100000, paged = 3000}

local requests = {
    ping = function(_, opts) return conn:ping(opts) end,
    call = function(i, opts) return conn:call('echo', {i % keys}, opts) end,
    select = function(i, opts) return conn.space.test:select({i % keys}, opts) end,
}
local request = requests[op]

local function caller(state, first)
    local i = first
    while not state.over do
        request(i)
        i = i + 1
    end
    state.ops = state.ops + i - first
end

local function walker(state)
    while not state.over do state.ops = state.ops + walk(walks[op]) end
end

local function window(state)
    local futures, sent, opts = {}, 0, {is_async = true}
    local function wait(i)
        local _, err = futures[i % callers]:wait_result(60)
        if err ~= nil then error(err) end
        state.ops = state.ops + 1
    end
    while not state.over do
        if sent >= callers then wait(sent) end
        futures[sent % callers] = request(sent, opts)
        sent = sent + 1
    end
    for i = math.max(sent - callers, 0), sent - 1 do wait(i) end
end

local function run(seconds)
    local state, fibers = {over = false, ops = 0}, {}
    local began = clock.monotonic()
    for i = 1, async and 1 or callers do
        fibers[i] = fiber.new(async and window or walks[op] and walker or caller, state, i)
        fibers[i]:set_joinable(true)
    end
    fiber.sleep(seconds)
    state.over = true
    for _, f in ipairs(fibers) do
        local ok, err = f:join()
        if not ok then error(err) end
    end
    return {ops = state.ops, wall = clock.monotonic() - began}
end

io.stdout:setvbuf('line')
print('connected')
for line in io.lines() do print(json.encode(run(tonumber(line)))) end
os.exit(0)
