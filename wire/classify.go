package wire

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"

	"github.com/mailmedic/mailmedic/mail"
)

// A fault is a failure on its way through somebody else's error handling.
type fault struct{ failure mail.Failure }

func (f *fault) Error() string { return f.failure.Detail }

func newFault(class mail.Class, detail string) *fault {
	return &fault{mail.Failure{Class: class, Detail: detail}}
}

// Classify maps an error of a dial, read, write or handshake to a failure whose
// detail is for people. It gives nil for nil. What it does not know is a
// protocol failure with the error's own words, bounded.
func Classify(err error) *mail.Failure { return classify(err, "") }

// classify names the peer in the detail, where there is one.
func classify(err error, peer string) *mail.Failure {
	if err == nil {
		return nil
	}
	if f, ok := errors.AsType[*fault](err); ok {
		failure := f.failure
		return &failure
	}
	return &mail.Failure{Class: classOf(err), Detail: describe(err, peer)}
}

// classOf reads the type of the cause. Its order matters: an error of the
// context is also a timeout, an error of TLS may hold one of the socket.
func classOf(err error) mail.Class {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return mail.Deadline
	}
	if class, ok := classOfErrno(err); ok {
		return class
	}
	if class, ok := classOfTLS(err); ok {
		return class
	}
	if e, ok := errors.AsType[net.Error](err); ok && e.Timeout() || errors.Is(err, os.ErrDeadlineExceeded) {
		return mail.Timeout
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, net.ErrClosed) || errors.Is(err, io.ErrClosedPipe) {
		return mail.Closed
	}
	return mail.ProtocolFault
}

func classOfErrno(err error) (mail.Class, bool) {
	errno, ok := errors.AsType[syscall.Errno](err)
	if !ok {
		return "", false
	}
	class, ok := errnoClasses()[errno]
	return class, ok
}

// classOfTLS knows what crypto/tls tells by type, and by text where it has no
// type for it.
func classOfTLS(err error) (mail.Class, bool) {
	if _, ok := errors.AsType[tls.RecordHeaderError](err); ok {
		return mail.TLSNotSpoken, true
	}
	text := tlsText(err)
	switch {
	case text == "":
		return "", false
	case strings.Contains(text, "protocol version"):
		return mail.TLSVersion, true
	case isAlert(err):
		return mail.TLSAlert, true
	case certificateFault(err) == mail.CertificatesTooLarge:
		return mail.TooLarge, true
	case strings.Contains(text, "certificate"):
		return mail.CertUntrusted, true
	}
	return mail.ProtocolFault, true
}

// isAlert reports whether the peer sent a TLS alert. Its type is not exported;
// the operation of the surrounding error is.
func isAlert(err error) bool {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		return true
	}
	_, ok := errors.AsType[tls.AlertError](err)
	return ok
}

// certificateFault tells why crypto/tls did not even look at a certificate, ""
// where it is not for that. It has words for these and no types.
func certificateFault(err error) mail.CertificateFault {
	if err == nil {
		return ""
	}
	text := tlsText(err)
	switch {
	case strings.Contains(text, "failed to parse certificate"):
		return mail.CertificateUnreadable
	case strings.Contains(text, "RSA key larger than"):
		return mail.CertificateKeyTooBig
	case strings.Contains(text, "-bit keys are insecure"):
		return mail.CertificateKeyTooTiny
	case strings.HasSuffix(text, "exceeds maximum of 262144 bytes"): // which is that of the certificates alone
		return mail.CertificatesTooLarge
	}
	return ""
}

// certificateFaultWords says the same for people.
func certificateFaultWords(err error) string {
	switch certificateFault(err) {
	case mail.CertificateUnreadable:
		_, why, _ := strings.Cut(tlsText(err), "x509: ")
		return "the certificate cannot be read: " + printable(why, 200)
	case mail.CertificateKeyTooBig:
		return "the certificate has an RSA key of more than 8192 bits, which takes too long to work with"
	case mail.CertificateKeyTooTiny:
		return "the certificate has an RSA key of less than 1024 bits, which anybody can break"
	case mail.CertificatesTooLarge:
		return "the certificates that the server sends are larger than any program takes"
	}
	return ""
}

// oddRecords says in words what crypto/tls does not take in a session that stands.
func oddRecords() map[string]string {
	return map[string]string{
		"no renegotiation":               "wants to begin the TLS handshake anew (renegotiation), which is out of use",
		"too many non-advancing records": "sends one TLS message after another and no data",
	}
}

// tlsText gives the words of an error of crypto/tls without what stands around
// them, "" for any other error.
func tlsText(err error) string {
	_, text, ok := strings.Cut(err.Error(), "tls: ")
	if !ok {
		return ""
	}
	return text
}

// describe says in words what happened. With a peer it names it.
func describe(err error, peer string) string {
	by, from := "", ""
	if peer != "" {
		by, from = " by "+peer, " from "+peer
	}
	switch classOf(err) {
	case mail.Refused:
		return "connection refused" + by
	case mail.Reset:
		return "connection reset" + by
	case mail.Closed:
		return "connection closed" + by
	case mail.Timeout:
		return "no answer" + from
	case mail.Unreachable:
		return unreachableWords(err, peer)
	case mail.Deadline:
		return "the time was over before an answer" + from + " came"
	case mail.TLSNotSpoken:
		return "the answer" + from + " to the TLS handshake is not TLS"
	case mail.TLSVersion:
		return versionWords(tlsText(err), peer)
	case mail.TLSAlert:
		return "TLS alert" + from + ": " + printable(tlsText(err), 200)
	}
	if words := certificateFaultWords(err); words != "" {
		return words
	}
	if words, known := oddRecords()[tlsText(err)]; known {
		return orElse(peer, "the server") + " " + words
	}
	if text := tlsText(err); text != "" {
		return "TLS with " + orElse(peer, "the server") + " failed: " + printable(text, 200)
	}
	return printable(err.Error(), 200)
}

func unreachableWords(err error, peer string) string {
	errno, _ := errors.AsType[syscall.Errno](err)
	switch errno {
	case syscall.EACCES, syscall.EPERM:
		return "this computer does not allow connections to " + orElse(peer, "the address")
	case syscall.EHOSTUNREACH:
		return "the network cannot reach " + orElse(peer, "the address")
	}
	return "no route from here to " + orElse(peer, "the address")
}

// versionWords tells which version the server chose where crypto/tls says so:
// "server selected unsupported protocol version 301".
func versionWords(text, peer string) string {
	names := map[string]string{"300": "SSL 3.0", "301": "TLS 1.0", "302": "TLS 1.1"}
	if name, ok := names[text[strings.LastIndexByte(text, ' ')+1:]]; ok {
		return orElse(peer, "the server") + " speaks " + name + " only, which is out of use; TLS 1.2 or later is needed"
	}
	return orElse(peer, "the server") + " has no TLS version in common with us (1.2 and 1.3)"
}

func orElse(s, other string) string {
	if s == "" {
		return other
	}
	return s
}
