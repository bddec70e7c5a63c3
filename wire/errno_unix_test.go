//go:build !windows

package wire

import (
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/mailmedic/mailmedic/mail"
)

func TestErrorsOfTheSocket(t *testing.T) {
	t.Parallel()
	for errno, want := range map[syscall.Errno]struct {
		class mail.Class
		words string
	}{
		syscall.ECONNREFUSED:  {mail.Refused, "connection refused by 192.0.2.1:993"},
		syscall.ECONNRESET:    {mail.Reset, "connection reset by 192.0.2.1:993"},
		syscall.EPIPE:         {mail.Reset, "connection reset by 192.0.2.1:993"},
		syscall.ETIMEDOUT:     {mail.Timeout, "no answer from 192.0.2.1:993"},
		syscall.ENETUNREACH:   {mail.Unreachable, "no route from here to 192.0.2.1:993"},
		syscall.EADDRNOTAVAIL: {mail.Unreachable, "no route from here to 192.0.2.1:993"},
		syscall.EHOSTUNREACH:  {mail.Unreachable, "the network cannot reach 192.0.2.1:993"},
		syscall.EPERM:         {mail.Unreachable, "this computer does not allow connections to 192.0.2.1:993"},
	} {
		err := &net.OpError{Op: "dial", Net: "tcp4", Err: os.NewSyscallError("connect", errno)}
		if f := classify(err, "192.0.2.1:993"); f.Class != want.class || f.Detail != want.words {
			t.Errorf("%v is %v", errno, f)
		}
	}
}
