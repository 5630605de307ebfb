# Steps that run tests for longer: fuzz tests, and the soak. Sourced by run.

readonly FUZZTIME=3s

# fuzz_targets prints "package target" for each fuzz target. go test -list prints the names, then "ok" and the package.
fuzz_targets() {
	go test -list '^Fuzz' ./... | awk '
		/^Fuzz/ { names[++n] = $1 }
		$1 == "ok" { for (i = 1; i <= n; i++) print $2, names[i]; n = 0 }'
}

fuzz_all() {
	local targets package name found=0 bad=0
	targets=$(fuzz_targets)
	while read -r package name; do
		[ -n "$name" ] || continue
		found=$((found + 1))
		printf -- '--- %s %s\n' "$package" "$name"
		fuzz "$package" "$name" || bad=$((bad + 1))
	done <<<"$targets"
	printf '%d targets, %d failed\n' "$found" "$bad"
	[ "$bad" -eq 0 ]
}

# fuzz PACKAGE NAME runs one target. Before Go 1.27 the fuzzer itself may fail with nothing but "context deadline
# exceeded" when its time is up (go.dev/issue/75804): then, and only then, it may try once more.
fuzz() {
	local log code=0
	log=$(mktemp)
	fuzz_once "$1" "$2" "$log" || code=$?
	if [ "$code" -ne 0 ] && deadline_alone "$log"; then
		printf 'the fuzzer ran into its own deadline; once more\n'
		code=0
		fuzz_once "$1" "$2" "$log" || code=$?
	fi
	rm -f "$log"
	[ "$code" -eq 0 ] || show_new_inputs
	return "$code"
}

fuzz_once() {
	# What a server answers over a socket does not cover the same code twice, and the fuzzer would spend all its time on
	# making such inputs smaller.
	go test -run '^$' -fuzz "^$2\$" -fuzztime "$FUZZTIME" -fuzzminimizetime 20x "$1" </dev/null 2>&1 | tee "$3"
}

deadline_alone() {
	grep -q '^ *context deadline exceeded$' "$1" && ! grep -q 'Failing input written' "$1"
}

# show_new_inputs prints the failing inputs, which the machine may forget.
show_new_inputs() {
	git ls-files --others '*/testdata/fuzz/*' | while read -r file; do
		printf '%s:\n' "$file"
		cat "$file"
	done
}

# soak loads a server with all kinds of clients, 2,000 at once, of which each takes two descriptors.
soak() {
	ulimit -n 8192 2>/dev/null || true
	KHARON_SOAK=60s go test -run '^TestSoak$' -count=1 -timeout 5m -v ./netbox/box
}
