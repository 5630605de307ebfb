# Runs steps and sums them up. Sourced by run.

results=()     # one line per step that has ended
current=       # the step under way
failed=0       # how many steps have failed
readonly SKIP=75 # exit code of a step that could not be done and says why

# step NAME COMMAND... runs a command under a heading. When it fails, the steps after it still run.
step() {
	local name=$1 started=$SECONDS code
	shift
	current=$name
	printf '\n=== %s\n' "$name"
	# A subshell of its own, outside any condition: only so does -e hold inside the command's functions.
	set +e
	(set -e; "$@")
	code=$?
	set -e
	case $code in
	0) results+=("ok       $((SECONDS - started))s  $name") ;;
	"$SKIP") results+=("SKIPPED  $((SECONDS - started))s  $name") ;;
	*)
		results+=("FAILED   $((SECONDS - started))s  $name (exit code $code)")
		failed=$((failed + 1))
		printf '=== FAILED: %s (exit code %s)\n' "$name" "$code"
		;;
	esac
	current=
}

# each_module COMMAND... runs a command in the root of the module and of each nested module.
each_module() {
	local mod
	"$@"
	for mod in bench/compare; do
		if [ -e "$mod/go.mod" ]; then
			printf -- '--- in %s\n' "$mod"
			(cd "$mod" && "$@")
		fi
	done
}

# summary is what run ends with, however it ends.
summary() {
	local code=$?
	printf '\n=== summary\n'
	[ ${#results[@]} -eq 0 ] || printf '%s\n' "${results[@]}"
	if [ -n "$current" ]; then
		printf 'BROKEN OFF in: %s\n' "$current"
		[ "$code" -ne 0 ] || code=1
	fi
	[ "$failed" -eq 0 ] || code=1
	[ "$code" -ne 0 ] || printf 'all good\n'
	exit "$code"
}
trap summary EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
