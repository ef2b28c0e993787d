package bus

import (
	"context"
	"crypto/tls"
	"errors"

	"github.com/segmentio/kafka-go"

	"github.com/sihehub/sihe"
)

// kafkaError gives an error of kafka-go its code and class; nil stays nil. Everything that is not a clear no of a broker
// may pass: broken and stale connections (io.EOF among them), time-outs, a leader that moved.
func kafkaError(err error, attempt string) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, context.Canceled) {
		return err
	}
	var refused kafka.Error
	if !errors.As(err, &refused) {
		return sihe.Errorf(sihe.CodeBusUnreachable, "%s: %w", attempt, err)
	}
	switch refused {
	case kafka.MessageSizeTooLarge, kafka.RecordListTooLarge, kafka.InvalidMessageSize:
		return permanent(sihe.CodeBusMessageTooLarge, "%s: %w", attempt, refused)
	case kafka.OffsetOutOfRange:
		return permanent(sihe.CodeBusOffsetInvalid, "%s: %w", attempt, refused)
	case kafka.UnknownTopicOrPartition: // may be news that has not spread yet
		return sihe.Errorf(sihe.CodeBusTopicUnknown, "%s: %w", attempt, refused)
	case kafka.NonEmptyGroup, kafka.GroupSubscribedToTopic:
		return permanent(sihe.CodeBusGroupActive, "%s: %w", attempt, refused)
	case kafka.SASLAuthenticationFailed: // for a hub that works, the password may be about to change: hopeless decides
		return sihe.Errorf(sihe.CodeBusRefused, "%s: %w", attempt, refused)
	default:
		if refused.Temporary() || coordinating(refused) {
			return sihe.Errorf(sihe.CodeBusUnreachable, "%s: %w", attempt, refused)
		}
	}
	return permanent(sihe.CodeBusRefused, "%s: %w", attempt, refused)
}

// coordinating errors pass with the next generation of a group.
func coordinating(e kafka.Error) bool {
	switch e {
	case kafka.RebalanceInProgress, kafka.IllegalGeneration, kafka.UnknownMemberId, kafka.MemberIDRequired, kafka.Unknown, kafka.BrokerNotAvailable:
		return true
	default:
		return false
	}
}

// fenced says that a commit came from a generation that is over.
func fenced(err error) bool {
	return errors.Is(err, kafka.RebalanceInProgress) || errors.Is(err, kafka.IllegalGeneration) || errors.Is(err, kafka.UnknownMemberId)
}

// hopeless makes an error permanent that waiting for a broker will not heal while nothing has been sent yet: a password or
// a certificate that is refused.
func hopeless(err error) error {
	var certificate *tls.CertificateVerificationError
	var noTLS tls.RecordHeaderError
	switch {
	case errors.As(err, &certificate), errors.As(err, &noTLS):
		return permanent(sihe.CodeBusRefused, "trust the broker: %w", err)
	case errors.Is(err, kafka.SASLAuthenticationFailed):
		return sihe.Permanent(err)
	}
	return err
}
