"""OpenAI's Chat Completions, or any server that speaks the same protocol, through the ``openai`` SDK.

The SDK does what it is best at: authentication, headers, errors. What it does at a price is done here: its transport
is urllib3 (``transport``), and an answer is read as bytes (``wire``), which costs 2 to 4 µs a token where the SDK's
own objects cost about 100.
"""

from chatapp.adapters.openai_chat.model import OpenAIChatModel, OpenAIModelDirectory, connect

__all__ = ["OpenAIChatModel", "OpenAIModelDirectory", "connect"]
