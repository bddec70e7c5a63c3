package check

import "time"

// timeouts are all the times that a run goes by, but for its own end. Tests change them.
type timeouts struct {
	headStart    time.Duration // that published settings have before guesses are made beside them
	guessAnyway  time.Duration // after which a role without a proved setting gets its guesses although published servers may still answer
	grace        time.Duration // that everything pending still gets once every role has a proved setting
	trustedLimit time.Duration // from the start, for sources of higher trust than what is proved
	settle       time.Duration // that the first sign-in waits for a better server than the one that is ready
	backOff      time.Duration // that an address is left alone which turned a connection away for the moment, before the one retry
	doubt        time.Duration // after which the silence of a connection or handshake is a reason to ask a control host
}

// forever is longer than any run.
const forever = 24 * time.Hour

func newTimeouts(unhurried bool) *timeouts {
	t := &timeouts{
		// An answer of the DNS and of a healthy web server fits in.
		headStart: 300 * time.Millisecond,
		// A blocked port would take seconds.
		guessAnyway:  1500 * time.Millisecond,
		grace:        2 * time.Second,
		trustedLimit: 5 * time.Second,
		// The first sign-in goes alone and is spent on the best server, not on the fastest.
		settle: 250 * time.Millisecond,
		// Fits into the grace.
		backOff: 1500 * time.Millisecond,
		// What is well has answered by then, a lost SYN (repeated after 1 s)
		// included; a blocked port takes seconds more to time out, and the
		// control host's answer is there first.
		doubt: 2500 * time.Millisecond,
	}
	if unhurried {
		t.headStart, t.guessAnyway, t.settle = forever, forever, forever
	}
	return t
}
