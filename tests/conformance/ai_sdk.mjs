// The `ai` package with its providers of five dialects against a router: node ai_sdk.mjs URL MODEL
import { generateObject, generateText, stepCountIs, streamText, tool } from "ai";
import { createAnthropic } from "@ai-sdk/anthropic";
import { createGoogleGenerativeAI } from "@ai-sdk/google";
import { createOpenAI } from "@ai-sdk/openai";
import { createOpenAICompatible } from "@ai-sdk/openai-compatible";
import { z } from "zod";

globalThis.AI_SDK_LOG_WARNINGS = false;
const [url, name] = process.argv.slice(2);
const openai = createOpenAI({ baseURL: `${url}/v1`, apiKey: "k" });
const compatible = { name: "router", baseURL: `${url}/v1`, apiKey: "k", includeUsage: true, supportsStructuredOutputs: true };
const models = {
  "openai-compatible": createOpenAICompatible(compatible)(name),
  chat: openai.chat(name),
  responses: openai.responses(name),
  messages: createAnthropic({ baseURL: `${url}/v1`, apiKey: "k" })(name),
  gemini: createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: "k" })(name),
};
const weather = tool({ description: "The weather", inputSchema: z.object({ city: z.string() }), execute: async () => "sunny" });
const schema = z.object({ priority: z.enum(["urgent", "normal"]) });
const fail = ({ error }) => { throw error; };
const checks = {
  text: async (model) => {
    const told = await generateText({ model, prompt: "Say hello.", maxRetries: 0 });
    return told.text.length > 0 && told.usage.outputTokens > 0;
  },
  stream: async (model) => {
    const told = streamText({ model, prompt: "Say hello.", maxRetries: 0, onError: fail });
    let text = "";
    for await (const piece of told.textStream) text += piece;
    return text.length > 0 && (await told.usage).outputTokens > 0;
  },
  tools: async (model) => {
    const tools = { get_weather: weather };
    const told = await generateText({ model, prompt: "call get_weather", tools, stopWhen: stepCountIs(3), maxRetries: 0 });
    return told.steps.some((step) => step.toolCalls.length > 0) && told.text.includes("sunny");
  },
  "streamed tools": async (model) => {
    const tools = { get_weather: weather };
    const told = streamText({ model, prompt: "call get_weather", tools, stopWhen: stepCountIs(3), maxRetries: 0, onError: fail });
    let text = "";
    for await (const piece of told.textStream) text += piece;
    return text.includes("sunny");
  },
  object: async (model) => {
    const told = await generateObject({ model, prompt: "triage", schema, maxRetries: 0 });
    return ["urgent", "normal"].includes(told.object.priority);
  },
};
let passed = 0;
let failed = 0;
for (const [dialect, model] of Object.entries(models)) {
  for (const [check, run] of Object.entries(checks)) {
    let problem = "no";
    try {
      if (await run(model)) problem = "";
    } catch (error) {
      problem = String(error);
    }
    if (problem) failed += 1;
    else passed += 1;
    if (problem) console.log(`${dialect}, ${check}: ${problem.slice(0, 300)}`);
  }
}
console.log(`${passed} passed, ${failed} failed`);
