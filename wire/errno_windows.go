package wire

import (
	"syscall"

	"golang.org/x/sys/windows"

	"github.com/mailmedic/mailmedic/mail"
)

// errnoClasses says what the errors of a socket mean.
func errnoClasses() map[syscall.Errno]mail.Class {
	return map[syscall.Errno]mail.Class{
		windows.WSAECONNREFUSED:  mail.Refused,
		windows.WSAECONNRESET:    mail.Reset,
		windows.WSAECONNABORTED:  mail.Reset,
		windows.WSAETIMEDOUT:     mail.Timeout,
		windows.WSAENETUNREACH:   mail.Unreachable,
		windows.WSAEHOSTUNREACH:  mail.Unreachable,
		windows.WSAENETDOWN:      mail.Unreachable,
		windows.WSAEHOSTDOWN:     mail.Unreachable,
		windows.WSAEADDRNOTAVAIL: mail.Unreachable, // no local address of the family
		windows.WSAEAFNOSUPPORT:  mail.Unreachable, // the family is switched off
		windows.WSAEACCES:        mail.Unreachable, // a firewall on this machine
	}
}
