# Steps that look at the code without running it. Sourced by run.

readonly LINT=github.com/golangci/golangci-lint/v2/cmd/golangci-lint@v2.12.2

# The programs tests compare with, and the C compiler that the race detector links with.
install_peers() {
	if command -v tarantool && command -v socat && command -v strace && command -v chromium && command -v gcc; then
		return
	fi
	export DEBIAN_FRONTEND=noninteractive
	apt-get update
	apt-get install -y --no-install-recommends tarantool socat strace chromium gcc libc6-dev
}

check_gofmt() {
	local unformatted
	unformatted=$(git ls-files -z '*.go' | xargs -0 -r gofmt -l)
	if [ -n "$unformatted" ]; then
		printf 'not formatted by gofmt:\n%s\n' "$unformatted"
		return 1
	fi
}

check_module_files() {
	go mod verify
	go mod tidy -diff
}

# lint builds its linter, which takes a few minutes the first time.
lint() {
	lint_dir=$(mktemp -d) # not local: the trap outlives the function
	trap 'rm -rf "$lint_dir"' EXIT
	if ! GOBIN=$lint_dir go install "$LINT" 2>"$lint_dir/log"; then
		grep -v '^go: downloading' "$lint_dir/log" || true
		printf 'SKIPPED: %s cannot be built here, so NOTHING WAS LINTED\n' "$LINT"
		return "$SKIP"
	fi
	# A cache of its own: a shared one remembers the paths of other clones, which the rules about folders do not match.
	GOLANGCI_LINT_CACHE=$lint_dir/cache each_module "$lint_dir/golangci-lint" run ./...
}

# cross OS ARCH builds and vets the code, and its tests, for another system.
cross() {
	export GOOS=$1 GOARCH=$2 CGO_ENABLED=0
	go build ./...
	go vet ./...
}

# gnet's tag poll_opt changes the poller's API. A build with it has to fail, and with a message that names the tag.
check_poll_opt_refused() {
	local output
	if output=$(go build -tags poll_opt ./reactor/... 2>&1); then
		printf 'a build with -tags poll_opt succeeds\n'
		return 1
	fi
	printf '%s\n' "$output"
	grep -q 'kharon.*poll_opt' <<<"$output"
}
