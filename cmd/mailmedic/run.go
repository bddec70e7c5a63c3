package main

import (
	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// A job is one run of the library: it emits the whole stream and gives what the verdict event holds.
type job func(check.Options, func(mail.Event)) mail.Closing

// play does a job in the world that the options of the network describe: it
// prepares the network and every output before anything is asked, and exits by
// the verdict. The name of the command is for the hints of the text. The secret
// is wiped at the end.
func play(s *streams, command string, n *networkFlags, out *outputFlags, world wire.Options, signIn *check.SignIn, do job) error {
	if signIn != nil {
		defer signIn.Secret.Wipe()
	}
	failOn, err := out.threshold()
	if err != nil {
		return err
	}
	discovery, err := n.discovery()
	if err != nil {
		return err
	}
	control, err := n.controls()
	if err != nil {
		return err
	}
	network, err := n.open(s, world)
	if err != nil {
		return err
	}
	defer network.Close()
	printers, err := out.open(s, command, n.transcript)
	if err != nil {
		return err
	}
	progress := newProgress(s, out)
	var printed error
	closing := do(check.Options{
		Network:    network,
		Timeout:    n.timeout,
		SignIn:     signIn,
		Discovery:  discovery,
		FailOn:     failOn,
		Transcript: n.transcript,
		Unhurried:  s.unhurried,
		Injection:  n.injectionTest,
		Control:    control,
		Tool:       tool(),
	}, func(e mail.Event) {
		progress.event(e)
		printers.emit(e)
		if e.Verdict != nil { // the answer goes out before the connections say goodbye
			printed = printers.close()
		}
	})
	if printed != nil {
		return printed
	}
	return exitWith(closing.ExitCode)
}
