// The Vercel AI SDK with its telemetry on: spans of generateText and streamText above those of each call.
import { createAnthropic } from '@ai-sdk/anthropic'
import { createOpenAI } from '@ai-sdk/openai'
import { resourceFromAttributes } from '@opentelemetry/resources'
import { NodeSDK } from '@opentelemetry/sdk-node'
import { BatchSpanProcessor } from '@opentelemetry/sdk-trace-base'
import { generateText, stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'

const { OTLPTraceExporter } = await import(
  process.argv[2] === 'json' ? '@opentelemetry/exporter-trace-otlp-http' : '@opentelemetry/exporter-trace-otlp-proto'
)
const sdk = new NodeSDK({
  resource: resourceFromAttributes({ 'service.name': 'notes-app' }),
  autoDetectResources: false,
  spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter())],
})
sdk.start()

const url = process.env.SCRIPTED_URL
const openai = createOpenAI({ baseURL: `${url}/v1`, apiKey: 'sk-scripted' })
const anthropic = createAnthropic({ baseURL: `${url}/v1`, apiKey: 'sk-scripted' })
const bash = tool({
  description: 'Runs a command.',
  inputSchema: z.object({ command: z.string() }),
  execute: async () => 'colour-7',
})
const fails = () => fetch(`${url}/_script`, { method: 'POST', body: '["status:code=500","ok"]' })
const telemetry = { isEnabled: true, functionId: 'notes', metadata: { sessionId: 'session-7' } }

for (const model of [openai.chat('gpt-5.4'), openai.responses('gpt-5.4-mini'), anthropic('claude-opus-4-8')]) {
  const all = { model, maxRetries: 0, experimental_telemetry: telemetry, providerOptions: { openai: { store: false } } }
  await generateText({ ...all, prompt: 'SAY pineapple' })
  await streamText({ ...all, prompt: 'SAY walrus' }).consumeStream()
  await generateText({ ...all, prompt: "RUN printf 'colour-%s' 7", tools: { bash }, stopWhen: stepCountIs(3) })
  await fails()
  await generateText({ ...all, prompt: 'SAY gravel' }).catch(() => {})
}
await sdk.shutdown()
