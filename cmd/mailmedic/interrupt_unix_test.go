//go:build unix

package main

import (
	"context"
	"io"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

// A pipe that nobody writes to, and a standard input that nobody types into, can be interrupted.
func TestASecretThatDoesNotComeCanBeInterrupted(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(pipe, 0o600); err != nil {
		t.Fatal(err)
	}
	silent, speaker := io.Pipe()
	t.Cleanup(func() {
		_ = speaker.Close()
		if w, err := syscall.Open(pipe, syscall.O_WRONLY|syscall.O_NONBLOCK, 0); err == nil { // let the reader go
			_ = syscall.Close(w)
		}
	})
	for name, flags := range map[string]*signInFlags{
		"a file that is a pipe": {password: secretFlags{file: pipe}},
		"a token from a pipe":   {token: secretFlags{file: pipe}},
		"standard input":        {password: secretFlags{stdin: true}},
		"a certificate's pipe":  {clientCertificate: certificateFlags{certificate: pipe}},
		"the pipe of a key":     {clientCertificate: certificateFlags{certificate: "anna.pem", key: pipe}},
	} {
		ctx, interrupt := context.WithCancel(t.Context())
		s, _, _ := person(t, "", nil)
		s.in = silent
		interrupt()
		_, err := flags.signIn(ctx, s, mail.Target{Address: "anna@a.example", Domain: "a.example"})
		if code, tell := exitCode(err); code != exitInterrupted || tell {
			t.Errorf("%s: exit code %d, told %v: %v", name, code, tell, err)
		}
	}
}
