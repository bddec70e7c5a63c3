// Package rules is the knowledge: it turns what was observed into findings, the
// choice of settings and the verdict. It is pure and does no I/O: the same
// facts give the same judgement, byte for byte.
//
// [Judge] works in three steps. It looks at every server that somebody named
// and asks what, if anything, stopped it (server.go). From that follow the
// settings, best first (choice.go), and the state of each role (verdict.go).
// Then it asks the rules. A rule is one small declaration: what it looks for,
// how bad that is, who can mend it, the words for it as templates with named
// parameters, and the consequences that it silences, so that one cause is one
// finding however many servers it breaks. The rules stand by topic in files
// that each are a table: network.go, dns.go, tls.go and so on. Sources that
// contradict each other are compared as voices (conflict_voice.go).
//
// [SimulateClients] sends each mail program of one table (clients_programs.go)
// to the places where it looks, in its order, and says what to publish so that
// all of them find the right settings.
package rules
