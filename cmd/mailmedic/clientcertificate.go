package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/mailmedic/mailmedic/wire"
)

// certificateFlags name the certificate with which somebody signs in.
type certificateFlags struct{ certificate, key string }

func (f *certificateFlags) register(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.certificate, "client-cert", "", "show servers that ask for one the certificate in `file` (PEM, with its chain),\nand sign in with it; needs no password")
	flags.StringVar(&f.key, "client-key", "", "its private key is in `file` (PEM, nobody else may read it; default: that of --client-cert)")
}

// read gives the identity, nil where no certificate is named.
func (f *certificateFlags) read(ctx context.Context, s *streams) (*wire.ClientCertificate, error) {
	switch {
	case f.certificate == "" && f.key == "":
		return nil, nil //nolint:nilnil // no certificate is a choice, not an error
	case f.certificate == "":
		return nil, usagef("--client-key is the key of a certificate: add --client-cert FILE")
	}
	named, flag := f.key, "--client-key"
	if named == "" {
		named, flag = f.certificate, "--client-cert"
	}
	key, err := readFile(ctx, named, flag, onlyOurs)
	if err != nil {
		return nil, err
	}
	defer clear(key)
	chain := key
	if f.key != "" {
		if chain, err = readFile(ctx, f.certificate, "--client-cert", anybodys); err != nil {
			return nil, err
		}
	}
	identity, err := wire.ParseClientCertificate(chain, key)
	if err != nil {
		return nil, usagef("--client-cert: %w", err)
	}
	if fault, ok := identity.Valid(time.Now()); !ok {
		fmt.Fprintf(s.err, "mailmedic: --client-cert: %s, so servers will hardly accept it.\n", fault)
	}
	return identity, nil
}
