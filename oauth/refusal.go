package oauth

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"golang.org/x/oauth2"

	"github.com/mailmedic/mailmedic/mail"
	"github.com/mailmedic/mailmedic/wire"
)

// Refusal is what an authorization server says instead of giving a token, RFC
// 6749 sections 4.1.2.1 and 5.2. The server's words are bounded and hold no
// secret of the exchange; they may hold anything else, and are not escaped.
type Refusal struct {
	Code        string // such as access_denied; empty where the server named none
	Description string // the server's own words, may be empty
	Page        string // a URL where it says more, may be empty
	Status      int    // of HTTP; 0 where a browser brought the refusal
	Step        string // what was being done, in words
}

// Error implements error without the words of the server, which are for who can
// show them safely.
func (r *Refusal) Error() string {
	return fmt.Sprintf("the authorization server refused %s: %q", r.Step, r.Code)
}

// Failed is a conversation with an authorization server that came to no answer.
type Failed struct {
	mail.Failure
	At string // the URL
}

// Error implements error.
func (f *Failed) Error() string { return fmt.Sprintf("%s (%s)", f.Detail, f.Class) }

// malformedError is an answer that is not what it has to be.
type malformedError string

func (m malformedError) Error() string { return "the authorization server answered with " + string(m) }

func malformed(what string) error { return malformedError(what) }

// maxWords bounds what is kept of a server's words, in bytes.
const maxWords = 1000

// explain turns an error of package oauth2 into one of ours. Those of the library
// may hold the whole answer, so nothing of them is passed on.
func explain(ctx context.Context, err error, step, at string, known secrets) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	switch {
	case errors.Is(err, errExpired):
		return &Refusal{Code: "expired_token", Step: step}
	case errors.Is(err, errNoObject):
		return malformed("something that is no answer of OAuth 2.0 (RFC 8628 section 3.2)")
	}
	if refused, ok := errors.AsType[*oauth2.RetrieveError](err); ok {
		told := &Refusal{
			Code: refused.ErrorCode, Description: refused.ErrorDescription,
			Page: refused.ErrorURI, Status: status(refused.Response), Step: step,
		}
		return told.cleaned(known)
	}
	if fault := wire.Classify(err); fault.Class != mail.ProtocolFault || isTransport(err) {
		return &Failed{Failure: mail.Failure{Class: fault.Class, Detail: known.clean(fault.Detail)}, At: at}
	}
	return malformed("something that is no answer of OAuth 2.0 (RFC 6749 section 5)")
}

// isTransport reports whether an error is one of the way to the server.
func isTransport(err error) bool {
	_, ok := errors.AsType[*url.Error](err)
	return ok
}

func status(answer *http.Response) int {
	if answer == nil {
		return 0
	}
	return answer.StatusCode
}

func bounded(text string) string { return text[:min(len(text), maxWords)] }
