// Package mailmedic holds the mail worlds that the demo plays, so that the one
// binary carries them. The library's front door is package check.
package mailmedic

import "embed"

// Worlds are the scenarios of "mailmedic demo", at testdata/world/NAME.txtar.
//
//go:embed testdata/world/*.txtar
var Worlds embed.FS
