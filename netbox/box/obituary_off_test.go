//go:build !kharon_debug

package box

const debugEnabled = false
