package main

import (
	"strings"

	"github.com/spf13/cobra"

	"github.com/mailmedic/mailmedic/check"
	"github.com/mailmedic/mailmedic/mail"
)

// sendTestFlags ask for a test message.
type sendTestFlags struct {
	send, keep bool
	address    string // only where the command has none
}

func (f *sendTestFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.BoolVar(&f.send, "send-test", false, "after the sign-in send one message from the address to itself, wait until\nit arrives, and delete it (makes the default of --timeout 2m0s)")
	flags.BoolVar(&f.keep, "keep-test", false, "leave that message in the mailbox")
}

// registerAddress adds the flag for a command that is told servers alone.
func (f *sendTestFlags) registerAddress(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.address, "address", "", "the `address` of --send-test, where the user name is none")
}

// longer gives the run the time that a test message may need, unless the user has chosen another.
func (f *sendTestFlags) longer(cmd *cobra.Command, n *networkFlags) {
	if f.send && !cmd.Flags().Changed("timeout") {
		n.timeout = check.SendTestTimeout
	}
}

// check refuses a test that cannot be made, before anybody types a password.
// user is who is to sign in, where that is known; secret tells whether there is
// anything to sign in with, which may be a certificate.
func (f *sendTestFlags) check(target mail.Target, user string, secret bool) error {
	switch {
	case f.keep && !f.send:
		return usagef("--keep-test goes with --send-test")
	case f.address != "" && !f.send:
		return usagef("--address goes with --send-test")
	case !f.send:
		return nil
	case !secret:
		return usagef("--send-test signs in to send and to look for the message, so it needs a password, a token or a certificate: add --ask-password")
	}
	_, err := f.sender(target, user)
	return err
}

// sender gives the address that the message is from and to.
func (f *sendTestFlags) sender(target mail.Target, user string) (string, error) {
	if f.address == "" && target.Address != "" {
		return target.Address, nil
	}
	address, flag := f.address, "--address"
	if address == "" {
		address, flag = user, "--user"
	}
	parsed, err := mail.ParseTarget(address)
	switch {
	case !strings.Contains(address, "@") && target.Domain != "":
		return "", usagef("--send-test needs the address that the message goes to: write it instead of %s", target.DisplayDomain())
	case !strings.Contains(address, "@"):
		return "", usagef("--send-test needs the address that the message goes to; the user name is none, so add --address")
	case err != nil:
		return "", usagef("%s: %w", flag, err)
	}
	return parsed.Address, nil
}

// asked gives what the run needs, nil for no test.
func (f *sendTestFlags) asked(target mail.Target, user string) *check.SendTest {
	if !f.send {
		return nil
	}
	address, err := f.sender(target, user)
	if err != nil { // it was refused before
		return nil
	}
	return &check.SendTest{Address: address, Keep: f.keep}
}
