package sockets

import "golang.org/x/sys/unix"

// The options that have names here: socket(7), tcp(7), udp(7), ip(7), ipv6(7).
var (
	levelIDs = map[string]int{"SO": unix.SOL_SOCKET, "TCP": unix.IPPROTO_TCP, "UDP": unix.IPPROTO_UDP,
		"IP": unix.IPPROTO_IP, "IPV6": unix.IPPROTO_IPV6}

	options = map[string]option{
		"SO_ACCEPTCONN":    {id: unix.SO_ACCEPTCONN, readOnly: true},
		"SO_BINDTODEVICE":  {id: unix.SO_BINDTODEVICE, form: textForm},
		"SO_BROADCAST":     {id: unix.SO_BROADCAST},
		"SO_BUSY_POLL":     {id: unix.SO_BUSY_POLL},
		"SO_DEBUG":         {id: unix.SO_DEBUG},
		"SO_DOMAIN":        {id: unix.SO_DOMAIN, readOnly: true},
		"SO_DONTROUTE":     {id: unix.SO_DONTROUTE},
		"SO_ERROR":         {id: unix.SO_ERROR, form: errForm, readOnly: true},
		"SO_INCOMING_CPU":  {id: unix.SO_INCOMING_CPU},
		"SO_KEEPALIVE":     {id: unix.SO_KEEPALIVE},
		"SO_LINGER":        {id: unix.SO_LINGER, form: lingForm},
		"SO_MARK":          {id: unix.SO_MARK},
		"SO_NO_CHECK":      {id: unix.SO_NO_CHECK},
		"SO_OOBINLINE":     {id: unix.SO_OOBINLINE},
		"SO_PASSCRED":      {id: unix.SO_PASSCRED},
		"SO_PEEK_OFF":      {id: unix.SO_PEEK_OFF},
		"SO_PEERCRED":      {id: unix.SO_PEERCRED, form: credForm, readOnly: true},
		"SO_PRIORITY":      {id: unix.SO_PRIORITY},
		"SO_PROTOCOL":      {id: unix.SO_PROTOCOL, readOnly: true},
		"SO_RCVBUF":        {id: unix.SO_RCVBUF},
		"SO_RCVBUFFORCE":   {id: unix.SO_RCVBUFFORCE},
		"SO_RCVLOWAT":      {id: unix.SO_RCVLOWAT},
		"SO_RCVTIMEO":      {id: unix.SO_RCVTIMEO, form: timeForm},
		"SO_REUSEADDR":     {id: unix.SO_REUSEADDR},
		"SO_REUSEPORT":     {id: unix.SO_REUSEPORT},
		"SO_RXQ_OVFL":      {id: unix.SO_RXQ_OVFL},
		"SO_SNDBUF":        {id: unix.SO_SNDBUF},
		"SO_SNDBUFFORCE":   {id: unix.SO_SNDBUFFORCE},
		"SO_SNDLOWAT":      {id: unix.SO_SNDLOWAT},
		"SO_SNDTIMEO":      {id: unix.SO_SNDTIMEO, form: timeForm},
		"SO_TIMESTAMP":     {id: unix.SO_TIMESTAMP},
		"SO_TIMESTAMPNS":   {id: unix.SO_TIMESTAMPNS},
		"SO_TIMESTAMPING":  {id: unix.SO_TIMESTAMPING},
		"SO_TYPE":          {id: unix.SO_TYPE, readOnly: true},
		"SO_ZEROCOPY":      {id: unix.SO_ZEROCOPY},
		"SO_PASSSEC":       {id: unix.SO_PASSSEC},
		"SO_LOCK_FILTER":   {id: unix.SO_LOCK_FILTER},
		"SO_DETACH_FILTER": {id: unix.SO_DETACH_FILTER},

		"TCP_CONGESTION":           {id: unix.TCP_CONGESTION, form: textForm},
		"TCP_CORK":                 {id: unix.TCP_CORK},
		"TCP_DEFER_ACCEPT":         {id: unix.TCP_DEFER_ACCEPT},
		"TCP_FASTOPEN":             {id: unix.TCP_FASTOPEN},
		"TCP_FASTOPEN_CONNECT":     {id: unix.TCP_FASTOPEN_CONNECT},
		"TCP_INFO":                 {id: unix.TCP_INFO, form: infoForm, readOnly: true},
		"TCP_INQ":                  {id: unix.TCP_INQ},
		"TCP_KEEPCNT":              {id: unix.TCP_KEEPCNT},
		"TCP_KEEPIDLE":             {id: unix.TCP_KEEPIDLE},
		"TCP_KEEPINTVL":            {id: unix.TCP_KEEPINTVL},
		"TCP_LINGER2":              {id: unix.TCP_LINGER2},
		"TCP_MAXSEG":               {id: unix.TCP_MAXSEG},
		"TCP_NODELAY":              {id: unix.TCP_NODELAY},
		"TCP_NOTSENT_LOWAT":        {id: unix.TCP_NOTSENT_LOWAT},
		"TCP_QUEUE_SEQ":            {id: unix.TCP_QUEUE_SEQ},
		"TCP_QUICKACK":             {id: unix.TCP_QUICKACK},
		"TCP_REPAIR":               {id: unix.TCP_REPAIR},
		"TCP_REPAIR_QUEUE":         {id: unix.TCP_REPAIR_QUEUE},
		"TCP_SAVE_SYN":             {id: unix.TCP_SAVE_SYN},
		"TCP_SYNCNT":               {id: unix.TCP_SYNCNT},
		"TCP_THIN_DUPACK":          {id: unix.TCP_THIN_DUPACK},
		"TCP_THIN_LINEAR_TIMEOUTS": {id: unix.TCP_THIN_LINEAR_TIMEOUTS},
		"TCP_TIMESTAMP":            {id: unix.TCP_TIMESTAMP},
		"TCP_ULP":                  {id: unix.TCP_ULP, form: textForm},
		"TCP_USER_TIMEOUT":         {id: unix.TCP_USER_TIMEOUT},
		"TCP_WINDOW_CLAMP":         {id: unix.TCP_WINDOW_CLAMP},
		"UDP_CORK":                 {id: unix.UDP_CORK},
		"UDP_GRO":                  {id: unix.UDP_GRO},
		"UDP_NO_CHECK6_RX":         {id: unix.UDP_NO_CHECK6_RX},
		"UDP_NO_CHECK6_TX":         {id: unix.UDP_NO_CHECK6_TX},
		"UDP_SEGMENT":              {id: unix.UDP_SEGMENT},
		"IP_ADD_MEMBERSHIP":        {id: unix.IP_ADD_MEMBERSHIP, form: groupForm},
		"IP_BIND_ADDRESS_NO_PORT":  {id: unix.IP_BIND_ADDRESS_NO_PORT},
		"IP_DROP_MEMBERSHIP":       {id: unix.IP_DROP_MEMBERSHIP, form: groupForm},
		"IP_FREEBIND":              {id: unix.IP_FREEBIND},
		"IP_HDRINCL":               {id: unix.IP_HDRINCL},
		"IP_MTU":                   {id: unix.IP_MTU, readOnly: true},
		"IP_MTU_DISCOVER":          {id: unix.IP_MTU_DISCOVER},
		"IP_MULTICAST_ALL":         {id: unix.IP_MULTICAST_ALL},
		"IP_MULTICAST_LOOP":        {id: unix.IP_MULTICAST_LOOP},
		"IP_MULTICAST_TTL":         {id: unix.IP_MULTICAST_TTL},
		"IP_NODEFRAG":              {id: unix.IP_NODEFRAG},
		"IP_PKTINFO":               {id: unix.IP_PKTINFO},
		"IP_RECVERR":               {id: unix.IP_RECVERR},
		"IP_RECVOPTS":              {id: unix.IP_RECVOPTS},
		"IP_RECVORIGDSTADDR":       {id: unix.IP_RECVORIGDSTADDR},
		"IP_RECVTOS":               {id: unix.IP_RECVTOS},
		"IP_RECVTTL":               {id: unix.IP_RECVTTL},
		"IP_TOS":                   {id: unix.IP_TOS},
		"IP_TRANSPARENT":           {id: unix.IP_TRANSPARENT},
		"IP_TTL":                   {id: unix.IP_TTL},
		"IPV6_ADD_MEMBERSHIP":      {id: unix.IPV6_JOIN_GROUP, form: groupForm},
		"IPV6_AUTOFLOWLABEL":       {id: unix.IPV6_AUTOFLOWLABEL},
		"IPV6_CHECKSUM":            {id: unix.IPV6_CHECKSUM},
		"IPV6_DONTFRAG":            {id: unix.IPV6_DONTFRAG},
		"IPV6_DROP_MEMBERSHIP":     {id: unix.IPV6_LEAVE_GROUP, form: groupForm},
		"IPV6_FREEBIND":            {id: unix.IPV6_FREEBIND},
		"IPV6_MTU":                 {id: unix.IPV6_MTU},
		"IPV6_MTU_DISCOVER":        {id: unix.IPV6_MTU_DISCOVER},
		"IPV6_MULTICAST_HOPS":      {id: unix.IPV6_MULTICAST_HOPS},
		"IPV6_MULTICAST_IF":        {id: unix.IPV6_MULTICAST_IF},
		"IPV6_MULTICAST_LOOP":      {id: unix.IPV6_MULTICAST_LOOP},
		"IPV6_RECVERR":             {id: unix.IPV6_RECVERR},
		"IPV6_RECVHOPLIMIT":        {id: unix.IPV6_RECVHOPLIMIT},
		"IPV6_RECVPKTINFO":         {id: unix.IPV6_RECVPKTINFO},
		"IPV6_RECVTCLASS":          {id: unix.IPV6_RECVTCLASS},
		"IPV6_TCLASS":              {id: unix.IPV6_TCLASS},
		"IPV6_TRANSPARENT":         {id: unix.IPV6_TRANSPARENT},
		"IPV6_UNICAST_HOPS":        {id: unix.IPV6_UNICAST_HOPS},
		"IPV6_V6ONLY":              {id: unix.IPV6_V6ONLY},
		"IPV6_ADDR_PREFERENCES":    {id: unix.IPV6_ADDR_PREFERENCES},
		"IPV6_MULTICAST_ALL":       {id: unix.IPV6_MULTICAST_ALL},
		"IPV6_MINHOPCOUNT":         {id: unix.IPV6_MINHOPCOUNT},
		"IP_MINTTL":                {id: unix.IP_MINTTL},
		"IPV6_RECVORIGDSTADDR":     {id: unix.IPV6_RECVORIGDSTADDR},
		"IPV6_RECVFRAGSIZE":        {id: unix.IPV6_RECVFRAGSIZE},
		"IP_RECVFRAGSIZE":          {id: unix.IP_RECVFRAGSIZE},
		"IPV6_ROUTER_ALERT":        {id: unix.IPV6_ROUTER_ALERT},
		"IP_ROUTER_ALERT":          {id: unix.IP_ROUTER_ALERT},
		"TCP_FASTOPEN_NO_COOKIE":   {id: unix.TCP_FASTOPEN_NO_COOKIE},
		"TCP_TX_DELAY":             {id: unix.TCP_TX_DELAY},
		"SO_PREFER_BUSY_POLL":      {id: unix.SO_PREFER_BUSY_POLL},
		"SO_SELECT_ERR_QUEUE":      {id: unix.SO_SELECT_ERR_QUEUE},
		"SO_WIFI_STATUS":           {id: unix.SO_WIFI_STATUS},
		"SO_BSDCOMPAT":             {id: unix.SO_BSDCOMPAT},
		"SO_NOFCS":                 {id: unix.SO_NOFCS},
		"SO_MAX_PACING_RATE":       {id: unix.SO_MAX_PACING_RATE},
		"SO_BINDTOIFINDEX":         {id: unix.SO_BINDTOIFINDEX},
		"SO_TXREHASH":              {id: unix.SO_TXREHASH},
	}
)

func sysKeepAlive(fd, idle, interval, count int) error {
	for _, o := range []struct{ id, value int }{
		{unix.TCP_KEEPIDLE, idle}, {unix.TCP_KEEPINTVL, interval}, {unix.TCP_KEEPCNT, count},
	} {
		if o.value == 0 {
			continue
		}
		if err := unix.SetsockoptInt(fd, unix.IPPROTO_TCP, o.id, o.value); err != nil {
			return err
		}
	}
	return nil
}

func sysInfo(fd, level, id int) (any, error) { return unix.GetsockoptTCPInfo(fd, level, id) }

func sysCred(fd, level, id int) (any, error) {
	c, err := unix.GetsockoptUcred(fd, level, id)
	if err != nil {
		return nil, err
	}
	return PeerCred{PID: c.Pid, UID: c.Uid, GID: c.Gid}, nil
}

func sysGroup4(fd, id int, m *unix.IPMreq, ifindex int) error {
	return unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, id,
		&unix.IPMreqn{Multiaddr: m.Multiaddr, Ifindex: int32(ifindex)})
}
