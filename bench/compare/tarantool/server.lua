-- The server that is compared and that clients are compared with. The argument is where it listens; it prints where
-- that is.
box.cfg{listen = ..., wal_mode = 'none', log_level = 1, memtx_memory = 64 * 1024 * 1024, readahead = 1048576,
    net_msg_max = 16384}

function echo(...) return ... end

function push_n(n)
    for i = 1, n do box.session.push(i) end
    return n
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
