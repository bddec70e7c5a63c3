package wire

import (
	"fmt"
	"time"
)

// timeouts are all the times that a Network keeps to. Tests shrink them.
type timeouts struct {
	dnsTry          time.Duration // before the next resolver is asked as well
	dnsName         time.Duration // for one name, aliases and all tries included
	resolutionDelay time.Duration // that an A answer waits for the AAAA answer
	attemptDelay    time.Duration // between the starts of two connection attempts
	answerGrace     time.Duration // that a won connection waits for the other family's answer
	connect         time.Duration // for one address of a mail server
	connectBeside   time.Duration // for one address of a mail server of which another answers
	connectControl  time.Duration // for one address of a control host
	webConnect      time.Duration // for one address of a web server or proxy
	handshake       time.Duration // for TLS
	parting         time.Duration // for the end of a handshake that is broken off
	fetch           time.Duration // for one document, redirects included
	idle            time.Duration // that a web connection is kept for another document
}

func defaultTimeouts() timeouts {
	return timeouts{
		// A recursive resolver answers most new names in well under a second;
		// three tries fit into the time for a name.
		dnsTry: 1500 * time.Millisecond,
		// What resolvers take before they give up with SERVFAIL, and what stub
		// resolvers wait by default.
		dnsName: 5 * time.Second,
		// RFC 8305 section 8 recommends both.
		resolutionDelay: 50 * time.Millisecond,
		attemptDelay:    250 * time.Millisecond,
		// Both answers mostly come together. A name server that drops AAAA
		// questions must not hold up a connection that stands.
		answerGrace: 250 * time.Millisecond,
		// Three retransmissions of a SYN (after 1, 3 and 7 s) and a slow path.
		connect: 8 * time.Second,
		// One lost SYN (repeated after 1 s) is forgiven. Nobody waits for it longer
		// than the grace of a run, which is 2 s.
		connectBeside: 1750 * time.Millisecond,
		// Two lost SYNs (repeated after 1 and 3 s) are forgiven. The answer must
		// be there before the servers that are suspected have used up their time.
		connectControl: 4 * time.Second,
		// Many places are asked for documents, most of them in vain. One lost SYN
		// (repeated after 1 s) is forgiven; a black hole must not hold up a run
		// whose settings are proved by much more than its grace.
		webConnect: 2500 * time.Millisecond,
		// Two round trips and a busy server; a tarpit takes longer.
		handshake: 10 * time.Second,
		// A round trip and what a server has to tidy up.
		parting: time.Second,
		// A small XML file from a slow shared host.
		fetch: 15 * time.Second,
		// Longer than one run, shorter than most servers keep a connection.
		idle: 30 * time.Second,
	}
}

// inWords writes a duration as people do: "8 s", "1.5 s", "250 ms".
func inWords(d time.Duration) string {
	if d < time.Second {
		return fmt.Sprintf("%d ms", d.Milliseconds())
	}
	return fmt.Sprintf("%.3g s", d.Seconds())
}
