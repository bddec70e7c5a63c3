package oauth

import (
	"strings"
	"time"

	"golang.org/x/oauth2"

	"github.com/mailmedic/mailmedic/mail"
)

// Grant is an access token and what the server says of it.
type Grant struct {
	Token   mail.Secret
	Expires time.Time // zero where the server does not say
	Scopes  []string  // that were granted; those that were asked for where the server does not say (RFC 6749 section 5.1)
}

// The bounds of what a server may give.
const (
	maxToken  = 32 << 10 // bytes; the largest seen in the wild have some 4 KiB
	maxScopes = 64
)

// grant checks a token. Whatever a mail program could not use in the mechanisms
// of RFC 7628 is none.
func (r Request) grant(token *oauth2.Token, known secrets) (Grant, error) {
	switch {
	case !strings.EqualFold(token.Type(), "Bearer"):
		return Grant{}, malformed("a token of another kind than Bearer, which mail servers do not take")
	case len(token.AccessToken) > maxToken:
		return Grant{}, malformed("a token of more than 32 KiB")
	case strings.ContainsFunc(token.AccessToken, func(c rune) bool { return c <= ' ' || c > '~' }):
		return Grant{}, malformed("a token with characters that no token has (RFC 6750 section 2.1)")
	}
	known = append(known, token.AccessToken, token.RefreshToken)
	granted := r.Scopes
	if text, _ := token.Extra("scope").(string); strings.TrimSpace(text) != "" {
		granted = strings.Fields(known.clean(text))
		granted = granted[:min(len(granted), maxScopes)]
	}
	return Grant{
		Token:   mail.NewSecret([]byte(token.AccessToken)),
		Expires: token.Expiry.Truncate(time.Second),
		Scopes:  granted,
	}, nil
}

// secrets are the ones of an exchange.
type secrets []string

// clean takes every secret out of a text of the server, in whatever form.
func (s secrets) clean(text string) string {
	for _, secret := range s {
		if secret != "" {
			text = mail.NewRedactor(mail.NewSecret([]byte(secret))).Clean(text)
		}
	}
	return text
}
