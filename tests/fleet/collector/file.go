// SPDX-License-Identifier: BSD-2-Clause
package main

import (
	"context"
	"os"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/consumer"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Debian does not have the contributed exporter `file`. This one takes its setting `path`, and writes the same lines: a
// request each, as OTLP in JSON. Each is written before the sender gets its answer, so that what was answered is there
// after SIGKILL, too.
type fileConfig struct {
	Path string `mapstructure:"path"`
}

func newFileFactory() exporter.Factory {
	return exporter.NewFactory(component.MustNewType("file"), func() component.Config { return &fileConfig{} },
		exporter.WithLogs(newFileLogs, component.StabilityLevelDevelopment),
		exporter.WithTraces(newFileTraces, component.StabilityLevelDevelopment))
}

// Several exporters may append to a file: a line is one write.
func openFile(config component.Config) (*os.File, error) {
	return os.OpenFile(config.(*fileConfig).Path, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o644)
}

func newFileLogs(ctx context.Context, set exporter.Settings, config component.Config) (exporter.Logs, error) {
	file, err := openFile(config)
	if err != nil {
		return nil, err
	}
	return exporterhelper.NewLogs(ctx, set, config, func(_ context.Context, logs plog.Logs) error {
		line, err := (&plog.JSONMarshaler{}).MarshalLogs(logs)
		if err == nil {
			_, err = file.Write(append(line, '\n'))
		}
		return err
	}, exporterhelper.WithCapabilities(consumer.Capabilities{MutatesData: false}))
}

func newFileTraces(ctx context.Context, set exporter.Settings, config component.Config) (exporter.Traces, error) {
	file, err := openFile(config)
	if err != nil {
		return nil, err
	}
	return exporterhelper.NewTraces(ctx, set, config, func(_ context.Context, traces ptrace.Traces) error {
		line, err := (&ptrace.JSONMarshaler{}).MarshalTraces(traces)
		if err == nil {
			_, err = file.Write(append(line, '\n'))
		}
		return err
	}, exporterhelper.WithCapabilities(consumer.Capabilities{MutatesData: false}))
}
