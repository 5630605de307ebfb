//go:build poll_opt

package reactor

// The build tag poll_opt changes the signature of gnet's poller and keeps its
// attachments in kernel memory alone. Kharon is written for the default
// poller; build it without the tag.
var _ = kharon_must_be_built_without_the_poll_opt_tag
