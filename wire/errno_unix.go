//go:build !windows

package wire

import (
	"syscall"

	"github.com/mailmedic/mailmedic/mail"
)

// errnoClasses says what the errors of a socket mean.
func errnoClasses() map[syscall.Errno]mail.Class {
	return map[syscall.Errno]mail.Class{
		syscall.ECONNREFUSED:  mail.Refused,
		syscall.ECONNRESET:    mail.Reset,
		syscall.ECONNABORTED:  mail.Reset,
		syscall.EPIPE:         mail.Reset,
		syscall.ETIMEDOUT:     mail.Timeout,
		syscall.ENETUNREACH:   mail.Unreachable,
		syscall.EHOSTUNREACH:  mail.Unreachable,
		syscall.ENETDOWN:      mail.Unreachable,
		syscall.EHOSTDOWN:     mail.Unreachable,
		syscall.EADDRNOTAVAIL: mail.Unreachable, // no local address of the family
		syscall.EAFNOSUPPORT:  mail.Unreachable, // the family is switched off
		syscall.EACCES:        mail.Unreachable, // a firewall on this machine
		syscall.EPERM:         mail.Unreachable,
	}
}
