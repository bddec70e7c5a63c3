// Package mail is the vocabulary of mailmedic and nothing else: the words that
// every stage speaks and that the JSON output prints. It does no I/O.
//
// A run is one stream of [Event]. Discovery turns a [Target] into [Candidate]s,
// probing turns their [Endpoint]s into [Observation]s, the rules turn
// observations into [Finding]s, [Setting]s and a [Verdict], and printers read
// the stream. Folded together, a stream is one [Report], the document that
// "--format json" prints.
//
// What went wrong out in the world is data: an Observation with a [Failure].
// A Go error means that mailmedic itself cannot go on.
package mail
